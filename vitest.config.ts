import { defineConfig } from 'vitest/config';
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
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
