/** The slow units of `npm run test:long`: the usual configuration with the other half of the test files. */
import { defineConfig } from 'vitest/config';
import { patience } from '../test/support/patience.ts';
import usual from '../vitest.config.ts';

export default defineConfig({
  ...usual,
  root: new URL('..', import.meta.url).pathname,
  test: {
    ...usual.test,
    projects: undefined,
    include: ['test/**/*.long.test.ts'],
    exclude: ['test/browser/**', 'node_modules/**'],
    testTimeout: patience(3_600_000),
    hookTimeout: patience(3_600_000),
    // They train: one at a time has both cores.
    maxWorkers: 1,
  },
});
