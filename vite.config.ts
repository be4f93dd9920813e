import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** The licences of what the page ships travel with it; the Device view links them. */
const thirdPartyNotices: Plugin = {
  name: 'third-party-notices',
  apply: 'build',
  generateBundle() {
    const source = readFileSync(new URL('THIRD_PARTY_NOTICES.md', import.meta.url), 'utf8');
    this.emitFile({ type: 'asset', fileName: 'THIRD_PARTY_NOTICES.txt', source });
  },
};

// Bare systems have no name `localhost`, by which Vite finds where to listen. Browsers know it by themselves.
const host = await lookup('localhost').then(
  () => undefined,
  () => '127.0.0.1',
);

// `base: './'` makes the build work at any sub-path without knowing it.
export default defineConfig({
  base: './',
  plugins: [thirdPartyNotices],
  build: { outDir: 'build/site', target: 'es2022', sourcemap: true, chunkSizeWarningLimit: 3000 },
  worker: { format: 'es' },
  // The scan does not follow workers: what only they import would be found late, and reload the page.
  optimizeDeps: {
    entries: [
      'index.html',
      'workers/*.ts',
      'test/browser/**/*.html',
      'bench/page/*.html',
      'bench/page/*Worker.ts',
    ],
  },
  server: { host },
  // A name that is not localhost, so that a test can see the page where it is no secure context.
  preview: { allowedHosts: ['tabtrain.test'] },
});
