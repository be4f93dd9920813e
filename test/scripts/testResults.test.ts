/** The test command counts honestly: what was skipped, flaky or not run at all is a failure. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPlaywright, readVitest } from '../../scripts/testResults.ts';

const folder = mkdtempSync(join(tmpdir(), 'tabtrain-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reportFile(report: unknown): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(report));
  return file;
}

describe('readVitest', () => {
  const test = (status: string) => ({ fullName: `a ${status} test`, status });
  const file = (status: string, statuses: string[]) => ({
    name: join(process.cwd(), 'test/a.test.ts'),
    status,
    message: 'Cannot find module',
    assertionResults: statuses.map(test),
  });

  it('counts skipped and todo tests as failed', () => {
    const report = { testResults: [file('passed', ['passed', 'passed', 'skipped', 'todo'])] };
    expect(readVitest(reportFile(report), 0)).toEqual({
      passed: 2,
      failed: 2,
      failures: ['test/a.test.ts: a skipped test (skipped)', 'test/a.test.ts: a todo test (todo)'],
    });
  });

  it('counts a file that does not load', () => {
    const tally = readVitest(reportFile({ testResults: [file('failed', [])] }), 1);
    expect(tally).toEqual({ passed: 0, failed: 1, failures: ['test/a.test.ts: Cannot find module'] });
  });

  it('counts an error outside the tests, and a missing report', () => {
    expect(readVitest(reportFile({ testResults: [file('passed', ['passed'])] }), 1).failed).toBe(1);
    expect(readVitest(join(folder, 'none.json'), 0).failed).toBe(1);
  });
});

describe('readPlaywright', () => {
  const spec = (status: string) => ({
    title: `a ${status} spec`,
    file: 'page/a.spec.ts',
    tests: [{ projectName: 'quick', status }],
  });

  it('counts nested suites; flaky and skipped tests are failures', () => {
    const report = {
      suites: [
        {
          specs: [spec('expected')],
          suites: [{ specs: [spec('expected'), spec('unexpected'), spec('flaky'), spec('skipped')] }],
        },
      ],
      errors: [],
    };
    expect(readPlaywright(reportFile(report), 1)).toEqual({
      passed: 2,
      failed: 3,
      failures: [
        'test/browser/page/a.spec.ts: a unexpected spec (failed)',
        'test/browser/page/a.spec.ts: a flaky spec (flaky)',
        'test/browser/page/a.spec.ts: a skipped spec (skipped)',
      ],
    });
  });

  it('counts errors outside the tests once', () => {
    const tally = readPlaywright(reportFile({ suites: [], errors: [{ message: 'no tests\nat …' }] }), 1);
    expect(tally).toEqual({ passed: 0, failed: 1, failures: ['playwright: no tests'] });
  });
});
