/** Asks Dawn in Node and Chromium for a WebGPU adapter, as the tests will. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { isSoftware, type AdapterReport } from './adapter.ts';
import { isRoot } from './machine.ts';
import { measureSpeed } from './speed.ts';

export interface ProbedAdapter extends AdapterReport {
  /** What `measureSpeed` took, in milliseconds. */
  speedMs: number;
}

/** The adapter of Dawn in Node under these extra environment variables; `error` says why there is none. */
export function probeDawn(variables: Record<string, string>): {
  adapter: ProbedAdapter | null;
  error: string;
} {
  const child = spawnSync(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('dawnProbe.ts', import.meta.url))],
    { env: { ...process.env, ...variables }, encoding: 'utf8', timeout: 120_000 },
  );
  if (child.status !== 0) {
    const reason = child.stderr.trim().split('\n').slice(-3).join(' ');
    return {
      adapter: null,
      error: reason === '' ? `ended with ${String(child.signal ?? child.status)}` : reason,
    };
  }
  const line = child.stdout.trim().split('\n').at(-1) ?? 'null';
  return { adapter: JSON.parse(line) as ProbedAdapter | null, error: 'no adapter' };
}

export interface BrowserProbe {
  path: string;
  adapter: ProbedAdapter;
  version: string;
  args: string[];
}

/**
 * The adapter that a worker of a page gets in the first of these Chromiums that has one, and the flags it took:
 * a real GPU first, then Chromium's software adapter. `errors` lists, per attempt, why it had none.
 */
export async function probeChromium(
  paths: readonly string[],
  variables: Record<string, string>,
): Promise<{ found: BrowserProbe | null; errors: string[] }> {
  const errors: string[] = [];
  for (const path of paths) {
    for (const { args, acceptsSoftware } of attempts()) {
      try {
        const { adapter, version, disabledFeatures } = await workerAdapter(path, args, variables);
        if (adapter !== null && (acceptsSoftware || !isSoftware(adapter))) {
          const features = [...disabledFeatures, ...unneededFeatures].join(',');
          const found = { path, adapter, version, args: [...args, `--disable-features=${features}`] };
          return { found, errors };
        }
        errors.push(
          `${path} ${args.join(' ')}: ${adapter === null ? 'no adapter' : 'a software adapter only'}`,
        );
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const library = /error while loading shared libraries: ([^\s:]+)/.exec(message)?.[1];
        if (library !== undefined) {
          errors.push(
            `${path} does not start: the system library ${library} is missing, maybe others. As root: npx playwright install-deps chromium`,
          );
          break;
        }
        errors.push(`${path} ${args.join(' ')}: ${message.split('\n')[0] ?? ''}`);
      }
    }
  }
  return { found: null, errors };
}

function attempts(): { args: string[]; acceptsSoftware: boolean }[] {
  // Chromium's sandbox refuses to start for root.
  const asRoot = process.platform === 'linux' && isRoot() ? ['--no-sandbox'] : [];
  const always = [...asRoot, '--disable-background-networking', '--no-first-run'];
  return [
    { args: always, acceptsSoftware: false },
    // On Linux WebGPU is still behind these, whatever the GPU.
    ...(process.platform === 'linux'
      ? [
          {
            args: [...always, '--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan'],
            acceptsSoftware: false,
          },
        ]
      : []),
    {
      args: [...always, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
      acceptsSoftware: true,
    },
  ];
}

/**
 * For every new window Chromium starts processes for the lists below its address bar and one in reserve: a quarter
 * of the time of a short test. Of two lists of disabled features only the last counts, so Playwright's own is kept.
 */
const unneededFeatures = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'SpareRendererForSitePerProcess',
];

/** Runs in a worker of the page: the trainer is in one too. */
const workerSource = `
(async () => {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' }) ?? null;
  if (adapter === null) return postMessage(null);
  const device = await adapter.requestDevice();
  const measureSpeed = ${measureSpeed.toString()};
  const speedMs = Math.min(await measureSpeed(device), await measureSpeed(device));
  device.destroy();
  const { vendor, architecture, device: name, description, isFallbackAdapter } = adapter.info;
  postMessage({ vendor, architecture, device: name, description, isFallback: isFallbackAdapter ?? false, speedMs });
})().catch((error) => postMessage({ error: String(error) }));`;

async function workerAdapter(
  path: string,
  args: string[],
  variables: Record<string, string>,
): Promise<{ adapter: ProbedAdapter | null; version: string; disabledFeatures: string[] }> {
  const environment = Object.fromEntries(
    Object.entries({ ...process.env, ...variables }).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const browser = await chromium.launch({ executablePath: path, args, env: environment, timeout: 60_000 });
  try {
    const page = await browser.newPage();
    // WebGPU needs a secure context: localhost is one, and the route answers without a server.
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('http://localhost/');
    const answer = await page.evaluate(
      (source) =>
        new Promise<ProbedAdapter | { error: string } | null>((resolve) => {
          const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
          worker.onmessage = (event: MessageEvent<ProbedAdapter | { error: string } | null>) => {
            resolve(event.data);
          };
          setTimeout(() => resolve({ error: 'no answer within 60 s' }), 60_000);
        }),
      workerSource,
    );
    if (answer !== null && 'error' in answer) throw new Error(answer.error);
    const session = await browser.newBrowserCDPSession();
    const { commandLine } = await session.send('SystemInfo.getInfo');
    const disabledFeatures = /--disable-features=(\S+)/.exec(commandLine)?.[1]?.split(',') ?? [];
    return { adapter: answer, version: browser.version(), disabledFeatures };
  } finally {
    await browser.close();
  }
}
