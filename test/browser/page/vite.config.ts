/** Builds the page on its fakes, so that its tests load a few files instead of some two hundred sources. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export default defineConfig({
  root,
  base: '/',
  build: {
    outDir: `${root}build/fake`,
    emptyOutDir: true,
    target: 'es2022',
    minify: true,
    rolldownOptions: { input: fileURLToPath(new URL('fake.html', import.meta.url)) },
  },
  worker: { format: 'es' },
});
