import { defineConfig } from 'vite';

// The Node entry is bundled because tfjs must be loaded once, from its ES modules: Node would pick
// the CommonJS build for the core and a second registry for the gradients.
export default defineConfig({
  build: {
    ssr: 'cli/tabtrain.ts',
    outDir: 'build/cli',
    target: 'node20',
    sourcemap: true,
    minify: false,
  },
  publicDir: false,
  resolve: { mainFields: ['module', 'main'] },
  ssr: { noExternal: [/^@tensorflow\//, 'comlink', 'idb', 'valibot'], external: ['webgpu', 'sharp'] },
});
