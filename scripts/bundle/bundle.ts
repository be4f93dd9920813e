/**
 * Packs the benchmarks for a Linux x64 machine with a GPU but neither Node nor network:
 *
 *   npm run bundle [-- --out build/tabtrain-bench-linux-x64.tar.gz]
 *
 * There: tar -xzf tabtrain-bench-linux-x64.tar.gz && tabtrain-bench/run.sh step
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNodeBench } from '../../bench/buildNode.ts';

/** The folder inside the archive. */
export const bundleName = 'tabtrain-bench';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where Vulkan's loader is: what this process was given (scripts/environment), then where distributions keep it. */
const vulkanLoaders = [
  ...(process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib64',
].map((folder) => join(folder, 'libvulkan.so.1'));

/**
 * Writes the archive: this Node, npm `webgpu`'s native module, the benchmarks in one file, Vulkan's loader where
 * this machine has it (a driver alone does not bring it), and run.sh.
 * @param out path of the .tar.gz
 * @throws Error where this machine cannot make one
 */
export async function writeBundle(out: string): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') {
    throw new Error(
      `The bundle takes this machine’s own Node, so it is made on linux-x64, not on ${platform}.`,
    );
  }
  if (run('ldd', [process.execPath]).includes('libnode')) {
    throw new Error(
      `${process.execPath} is half of a Node: the rest is in libnode.so. Make the bundle with a Node from https://nodejs.org.`,
    );
  }
  const bench = await buildNodeBench();
  const staging = mkdtempSync(join(tmpdir(), 'tabtrain-bundle-'));
  try {
    const folder = join(staging, bundleName);
    const put = (from: string, to: string) => {
      mkdirSync(dirname(join(folder, to)), { recursive: true });
      cpSync(realpathSync(from), join(folder, to));
    };
    put(process.execPath, 'node');
    put(bench, 'bench.js');
    put(join(root, 'scripts/bundle/run.sh'), 'run.sh');
    put(join(root, 'LICENSE'), 'LICENSE');
    for (const file of ['package.json', 'index.js', 'LICENSE.md', `dist/${platform}/dawn.node`]) {
      put(join(root, 'node_modules/webgpu', file), join('node_modules/webgpu', file));
    }
    const loader = vulkanLoaders.find((path) => existsSync(path));
    if (loader !== undefined) put(loader, 'lib/libvulkan.so.1');
    mkdirSync(dirname(out), { recursive: true });
    run('tar', ['-czf', out, '-C', staging, bundleName]);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

function run(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${command} does not run: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

/** Absolute path of the archive where none is asked for. */
export const defaultBundlePath = resolve(root, 'build', `${bundleName}-linux-x64.tar.gz`);
