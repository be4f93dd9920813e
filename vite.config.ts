import { defineConfig } from 'vite';

// `base: './'` makes the build work at any sub-path without knowing it.
export default defineConfig({
  base: './',
  build: { outDir: 'build/site', target: 'es2022', sourcemap: true, chunkSizeWarningLimit: 3000 },
  worker: { format: 'es' },
});
