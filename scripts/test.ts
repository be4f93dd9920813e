/**
 * The project's test command.
 *
 *   npm test                          types, lint, units and kernels (Vitest), the built page (Playwright)
 *   npm test -- --setup               the same, after installing what this machine lacks (Chromium, a Vulkan driver)
 *   npm run test:long                 the slow rest: *.long.test.ts and Playwright's project `long`
 *   … -- --only types|lint|unit|browser
 *
 * Every part runs, also after a failure. The last line is `tabtrain: N passed, M failed`: all tests and static
 * checks; a skipped test counts as failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findEnvironment } from './environment/environment.ts';
import { MissingRequirement } from './environment/missingRequirement.ts';
import { setUp } from './environment/setup/setup.ts';
import { readPlaywright, readVitest, type Tally } from './testResults.ts';

const reportFolder = 'build/test-reports';
const partNames = ['types', 'lint', 'unit', 'browser'] as const;
type PartName = (typeof partNames)[number];

interface Step {
  part: PartName;
  title: string;
  command: string[];
  /** Takes one core and needs nothing of the others: these run together, before all else. */
  together?: boolean;
  /** Where Playwright writes its report. */
  report?: string;
  /** Reads a test runner's report; a step without one is a single check. */
  tally?: (exitCode: number) => Tally;
}

function steps(long: boolean): Step[] {
  const checks: Step[] = [
    { part: 'types', title: 'types', command: ['tsc', '--noEmit'] },
    { part: 'lint', title: 'lint', command: ['eslint', '.'] },
    { part: 'lint', title: 'format', command: ['prettier', '--check', '.'] },
  ];
  const builds: Step[] = [
    { part: 'browser', title: 'build', command: ['vite', 'build'] },
    {
      part: 'browser',
      title: 'build on fakes',
      command: ['vite', 'build', '--config', 'test/browser/page/vite.config.ts'],
    },
  ];
  const vitestReport = `${reportFolder}/vitest.json`;
  return [
    ...[...(long ? [] : checks), ...builds].map((step) => ({ ...step, together: true })),
    { part: 'browser', title: 'notices', command: ['tsx', 'scripts/notices.ts', '--check'] },
    {
      part: 'unit',
      title: 'units and kernels',
      command: [
        ...['vitest', 'run', '--allowOnly=false', '--reporter=default', '--reporter=json'],
        `--outputFile.json=${vitestReport}`,
        ...(long ? ['--config', 'scripts/vitest.long.config.ts'] : []),
      ],
      tally: (exitCode) => readVitest(vitestReport, exitCode),
    },
    ...(long ? (['long'] as const) : (['page', 'alone'] as const)).map((project): Step => {
      const report = `${reportFolder}/${project}.json`;
      return {
        part: 'browser',
        title: { page: 'page on fakes', alone: 'page on the adapter', long: 'page, long' }[project],
        command: [
          ...['playwright', 'test', '--forbid-only', '--project', project, '--reporter=list,json'],
          // What needs no adapter leaves it idle: a browser for each core.
          ...['--workers', project === 'page' ? '2' : '1'],
        ],
        report,
        tally: (exitCode) => readPlaywright(report, exitCode),
      };
    }),
  ];
}

/** Runs an installed tool; resolves with its exit code. Its output goes through, or is printed when it has ended. */
function run(
  command: string[],
  variables: Record<string, string>,
  output: 'through' | 'at the end',
): Promise<number> {
  return new Promise((resolve) => {
    const printed: Buffer[] = [];
    const child = spawn('npx', ['--no-install', ...command], {
      stdio: output === 'through' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      env: { ...process.env, ...variables },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => printed.push(bytes));
    child.on('error', (error) => {
      console.error(`${command.join(' ')}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}

function parseOnly(text: string | undefined): PartName | null {
  if (text === undefined) return null;
  const part = partNames.find((name) => name === text);
  if (part === undefined) throw new Error(`--only ${text}: expected one of ${partNames.join(', ')}.`);
  return part;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      long: { type: 'boolean', default: false },
      setup: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const only = parseOnly(values.only);
  const chosen = steps(values.long).filter(({ part }) => only === null || part === only);
  rmSync(reportFolder, { recursive: true, force: true });
  mkdirSync(reportFolder, { recursive: true });

  let variables: Record<string, string> = {};
  if (chosen.some(({ part }) => part === 'unit' || part === 'browser')) {
    try {
      if (values.setup) setUp();
      const environment = await findEnvironment();
      variables = environment.variables;
      console.log(environment.lines.join('\n'));
    } catch (error) {
      if (!(error instanceof MissingRequirement)) throw error;
      console.error(error.message);
      finish([
        { title: 'environment', seconds: 0, tally: { passed: 0, failed: 1, failures: ['see above'] } },
      ]);
      return;
    }
  }

  const results: StepResult[] = [];
  const together = chosen.filter((step) => step.together === true);
  results.push(...(await Promise.all(together.map((step) => runStep(step, variables, 'at the end')))));
  for (const step of chosen.filter((step) => step.together !== true)) {
    results.push(await runStep(step, variables, 'through'));
  }
  finish(results);
}

async function runStep(
  { title, command, report, tally }: Step,
  variables: Record<string, string>,
  output: 'through' | 'at the end',
): Promise<StepResult> {
  console.log(`\n── ${title}: ${command.join(' ')}`);
  const start = performance.now();
  const exitCode = await run(
    command,
    report === undefined ? variables : { ...variables, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
    output,
  );
  const seconds = (performance.now() - start) / 1000;
  const single: Tally =
    exitCode === 0
      ? { passed: 1, failed: 0, failures: [] }
      : { passed: 0, failed: 1, failures: [`${command.join(' ')} ended with ${exitCode}`] };
  return { title, seconds, tally: tally?.(exitCode) ?? single };
}

interface StepResult {
  title: string;
  seconds: number;
  tally: Tally;
}

/** Prints the closing summary, with how long each step took, and sets the exit code. */
function finish(results: StepResult[]): void {
  console.log('');
  for (const { title, seconds, tally } of results) {
    console.log(
      `${title.padEnd(20)}${String(tally.passed).padStart(5)} passed ${String(tally.failed).padStart(4)} failed ${minutes(seconds)}`,
    );
    for (const failure of tally.failures) console.log(`  ✗ ${failure}`);
  }
  console.log(`${'all, with set-up'.padEnd(43)}${minutes(performance.now() / 1000)}`);
  const passed = results.reduce((sum, { tally }) => sum + tally.passed, 0);
  const failed = results.reduce((sum, { tally }) => sum + tally.failed, 0);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`tabtrain: ${passed} passed, ${failed} failed`);
}

function minutes(seconds: number): string {
  return `${(seconds / 60).toFixed(1).padStart(6)} min`;
}

await main();
