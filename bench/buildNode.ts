/** Builds bench/node.ts into one file; what stays outside it is npm `webgpu`, which has a native module. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns the path of the built module */
export async function buildNodeBench(): Promise<string> {
  const outDir = `${root}build/bench`;
  await build({
    root,
    configFile: `${root}vite.cli.config.ts`,
    logLevel: 'warn',
    build: {
      ...{ ssr: 'bench/node.ts', outDir, emptyOutDir: true },
      rolldownOptions: { output: { codeSplitting: false, entryFileNames: 'bench.js' } },
    },
  });
  return `${outDir}/bench.js`;
}
