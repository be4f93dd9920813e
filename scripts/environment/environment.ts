/**
 * What the tests need of this machine: a WebGPU adapter for Dawn in Node and one for Chromium. A real GPU is
 * taken where there is one, else the fastest software adapter; which one is printed, and where there is none the
 * message says how to get it. Nothing is installed here (setup/setup.ts does that, when asked).
 */
import { describeAdapter, isSoftware } from './adapter.ts';
import { findChromium } from './chromium.ts';
import { findLavapipeChromium } from './lavapipeChromium.ts';
import { MissingRequirement } from './missingRequirement.ts';
import { probeChromium, probeDawn, type ProbedAdapter } from './probe.ts';
import { slownessOf } from './speed.ts';
import { chosenDriver, lavapipeVariables, swiftShaderVariables } from './vulkan.ts';

export interface TestEnvironment {
  /** To be set for the processes that run tests. */
  variables: Record<string, string>;
  /** What was found, a line each. */
  lines: string[];
}

/** Finds Chromium and adapters. Throws MissingRequirement, with all that is missing, where tests could not run. */
export async function findEnvironment(): Promise<TestEnvironment> {
  const missing: string[] = [];
  const path = findChromium();
  if (path === null) missing.push('The browser tests need a Chromium, and there is none.');
  const dawn = findDawnAdapter(path);
  if (dawn.adapter === null) missing.push(missingDawnAdapter(dawn.error));
  if (path !== null && dawn.adapter !== null) {
    // A Chromium that was chosen by hand is taken as it is.
    const faster = process.env.CHROMIUM_PATH === undefined ? findLavapipeChromium(path) : null;
    const { found, errors } = await probeChromium(faster === null ? [path] : [faster, path], dawn.variables);
    if (found !== null) {
      const slowness = { node: slownessOf(dawn.adapter.speedMs), browser: slownessOf(found.adapter.speedMs) };
      return {
        variables: {
          ...dawn.variables,
          CHROMIUM_PATH: found.path,
          TABTRAIN_CHROMIUM_ARGS: JSON.stringify(found.args),
          // What tests may ask of the clock: test/support/adapter.ts.
          TABTRAIN_ADAPTER: isSoftware(found.adapter) ? 'software' : 'gpu',
          // The slower of the two, for both: test/support/patience.ts.
          TABTRAIN_SLOWNESS: String(Math.max(slowness.node, slowness.browser)),
        },
        lines: [
          `Node ${process.versions.node}`,
          `WebGPU in Node (Dawn): ${describeAdapter(dawn.adapter)}${timeLimits(slowness.node)}`,
          `WebGPU in Chromium ${found.version} (${found.path}): ${describeAdapter(found.adapter)}${found.path === faster ? ', in truth lavapipe' : ''}${timeLimits(slowness.browser)}`,
        ],
      };
    }
    missing.push(
      `WebGPU finds no adapter in Chromium. Tried:\n${errors.map((error) => `  ${error}`).join('\n')}\n` +
        'It needs version 121 or later.',
    );
  }
  throw new MissingRequirement([...missing, howToSetUp].join('\n\n'));
}

/** Finds an adapter for Dawn in Node alone. Throws MissingRequirement where there is none. */
export function findDawnEnvironment(): TestEnvironment {
  const { adapter, error, variables } = findDawnAdapter(findChromium());
  if (adapter === null) throw new MissingRequirement(`${missingDawnAdapter(error)}\n\n${howToSetUp}`);
  return {
    variables,
    lines: [`Node ${process.versions.node}`, `WebGPU in Node (Dawn): ${describeAdapter(adapter)}`],
  };
}

export interface DawnAdapter {
  adapter: ProbedAdapter | null;
  /** Why there is no adapter. */
  error: string;
  variables: Record<string, string>;
}

/** The adapter of Dawn in Node: a GPU, else lavapipe, else the SwiftShader of this Chromium. */
export function findDawnAdapter(chromium: string | null): DawnAdapter {
  const asIs = probeDawn({});
  if (asIs.adapter !== null && !isSoftware(asIs.adapter)) return { ...asIs, variables: {} };
  // Drivers are named also where the loader finds them by itself: then Chromium, too, runs on the same one.
  for (const variables of [lavapipeVariables(), chromium === null ? null : swiftShaderVariables(chromium)]) {
    if (variables === null) continue;
    const probed = probeDawn(variables);
    if (probed.adapter !== null) return { ...probed, variables };
  }
  return { ...asIs, variables: {} };
}

function timeLimits(slowness: number): string {
  return slowness > 1 ? `; time limits × ${String(slowness)}` : '';
}

function missingDawnAdapter(error: string): string {
  const chosen = chosenDriver();
  const allowed =
    chosen === undefined
      ? ''
      : ` VK_DRIVER_FILES (or VK_ICD_FILENAMES) allows only ${chosen}: correct it, or unset it.`;
  return `WebGPU in Node (Dawn) finds no adapter: ${error}.${allowed}`;
}

const howToSetUp = [
  'To install what is missing (by apt as root on Debian and Ubuntu, else a Chromium of Playwright’s own):',
  '  npm test -- --setup',
  'A Chromium, Chrome or Edge that is already somewhere: set CHROMIUM_PATH to it.',
].join('\n');
