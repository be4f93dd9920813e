/** Reads the JSON reports of Vitest and Playwright. A skipped test has shown nothing: it counts as failed. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

export interface Tally {
  passed: number;
  failed: number;
  /** One line per failure, for the closing summary. */
  failures: string[];
}

interface VitestReport {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[];
  specs?: { title: string; file: string; tests: { projectName: string; status: string }[] }[];
}

interface PlaywrightReport extends PlaywrightSuite {
  errors: { message?: string }[];
}

/** Counts a Vitest JSON report; `exitCode` catches what no test shows (an unhandled error, no tests at all). */
export function readVitest(file: string, exitCode: number): Tally {
  const tally: Tally = { passed: 0, failed: 0, failures: [] };
  if (!existsSync(file)) return withExitCode(tally, 'vitest: no report', 1);
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  for (const { name, status, message, assertionResults } of report.testResults) {
    const path = relative(process.cwd(), name);
    for (const test of assertionResults) {
      count(tally, test.status === 'passed', `${path}: ${test.fullName} (${test.status})`);
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      count(tally, false, `${path}: ${message.split('\n')[0] ?? 'failed'}`);
    }
  }
  return withExitCode(tally, 'vitest: ended with an error outside its tests, or without any', exitCode);
}

/** Counts a Playwright JSON report. A flaky test (passed when tried again) counts as failed. */
export function readPlaywright(file: string, exitCode: number): Tally {
  const tally: Tally = { passed: 0, failed: 0, failures: [] };
  if (!existsSync(file)) return withExitCode(tally, 'playwright: no report', 1);
  const report = JSON.parse(readFileSync(file, 'utf8')) as PlaywrightReport;
  const visit = (suite: PlaywrightSuite): void => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        count(
          tally,
          test.status === 'expected',
          `test/browser/${spec.file}: ${spec.title} (${test.status === 'unexpected' ? 'failed' : test.status})`,
        );
      }
    }
    for (const inner of suite.suites ?? []) visit(inner);
  };
  visit(report);
  for (const { message } of report.errors) {
    count(tally, false, `playwright: ${message?.split('\n')[0] ?? 'an error outside its tests'}`);
  }
  return withExitCode(tally, 'playwright: ended with an error outside its tests', exitCode);
}

function count(tally: Tally, passed: boolean, failure: string): void {
  if (passed) {
    tally.passed++;
    return;
  }
  tally.failed++;
  tally.failures.push(failure);
}

function withExitCode(tally: Tally, failure: string, exitCode: number): Tally {
  if (exitCode !== 0 && tally.failed === 0) count(tally, false, failure);
  return tally;
}
