import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * In Node, tfjs must be loaded once and from its ES modules: its `main` is a CommonJS bundle with a second
 * registry, in which "gradient function not found" waits.
 */
export const tfjsAliases = ['tfjs-core', 'tfjs-layers', 'tfjs-backend-webgpu', 'tfjs-backend-cpu'].map(
  (name) => ({
    find: new RegExp(`^@tensorflow/${name}$`),
    replacement: fileURLToPath(new URL(`node_modules/@tensorflow/${name}/dist/index.js`, import.meta.url)),
  }),
);

export default defineConfig({
  build: {
    ssr: 'cli/tabtrain.ts',
    outDir: 'build/cli',
    target: 'node20',
    sourcemap: true,
    minify: false,
  },
  publicDir: false,
  resolve: { alias: tfjsAliases },
  ssr: { noExternal: true, external: ['webgpu', 'sharp'] },
});
