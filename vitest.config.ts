import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.ts';
import { tfjsAliases } from './vite.cli.config.ts';

export default defineConfig({
  resolve: { alias: tfjsAliases },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', '**/*.long.test.ts', 'node_modules/**'],
    server: { deps: { inline: [/@tensorflow\//] } },
    // Two cores, and every GPU test brings up its own Dawn.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patience(60_000),
    hookTimeout: patience(60_000),
  },
});
