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
  /** Reads a test runner's report; a step without one is a single check. */
  tally?: (exitCode: number) => Tally;
}

function steps(long: boolean): Step[] {
  const vitestReport = `${reportFolder}/vitest.json`;
  const playwrightReport = `${reportFolder}/playwright.json`;
  const checks: Step[] = [
    { part: 'types', title: 'types', command: ['tsc', '--noEmit'] },
    { part: 'lint', title: 'lint', command: ['eslint', '.'] },
    { part: 'lint', title: 'format', command: ['prettier', '--check', '.'] },
  ];
  return [
    ...(long ? [] : checks),
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
    { part: 'browser', title: 'build', command: ['vite', 'build'] },
    { part: 'browser', title: 'notices', command: ['tsx', 'scripts/notices.ts', '--check'] },
    {
      part: 'browser',
      title: 'page in Chromium',
      command: [
        ...['playwright', 'test', '--forbid-only', '--project', long ? 'long' : 'quick'],
        '--reporter=list,json',
      ],
      tally: (exitCode) => readPlaywright(playwrightReport, exitCode),
    },
  ];
}

/** Runs an installed tool with its output going through; resolves with its exit code. */
function run(command: string[], variables: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', ...command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        ...variables,
        PLAYWRIGHT_JSON_OUTPUT_NAME: `${reportFolder}/playwright.json`,
      },
    });
    child.on('error', (error) => {
      console.error(`${command.join(' ')}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
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

  const results: PartResult[] = [];
  for (const { title, command, tally } of chosen) {
    console.log(`\n── ${title}: ${command.join(' ')}`);
    const start = performance.now();
    const exitCode = await run(command, variables);
    const seconds = (performance.now() - start) / 1000;
    const single: Tally =
      exitCode === 0
        ? { passed: 1, failed: 0, failures: [] }
        : { passed: 0, failed: 1, failures: [`${command.join(' ')} ended with ${exitCode}`] };
    results.push({ title, seconds, tally: tally?.(exitCode) ?? single });
  }
  finish(results);
}

interface PartResult {
  title: string;
  seconds: number;
  tally: Tally;
}

/** Prints the closing summary and sets the exit code. */
function finish(results: PartResult[]): void {
  console.log('');
  for (const { title, seconds, tally } of results) {
    console.log(
      `${title.padEnd(20)}${String(tally.passed).padStart(5)} passed ${String(tally.failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(7)} s`,
    );
    for (const failure of tally.failures) console.log(`  ✗ ${failure}`);
  }
  const passed = results.reduce((sum, { tally }) => sum + tally.passed, 0);
  const failed = results.reduce((sum, { tally }) => sum + tally.failed, 0);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`tabtrain: ${passed} passed, ${failed} failed`);
}

await main();
