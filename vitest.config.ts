import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { mainFields: ['module', 'main'] },
  // tfjs must be one copy, from its ES modules (see vite.cli.config.ts).
  ssr: { noExternal: [/^@tensorflow\//] },
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
