/**
 * A copy of the machine's Chromium whose software adapter is Mesa's lavapipe (setup/lavapipe.c says how). Only
 * `npm test -- --setup` builds it; every test run uses it where it is there and of the Chromium that is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumFolder } from './chromium.ts';
import { cacheFolder, findProgram } from './machine.ts';

const source = fileURLToPath(new URL('setup/lavapipe.c', import.meta.url));
const library = 'libvk_swiftshader.so';

interface Copy {
  /** The original's folder and program, and the copy's. */
  from: string;
  program: string;
  to: string;
  /** What the copy was made of: it is stale when this changes. */
  stamp: string;
}

/** The copy of this Chromium, made or not. Null where the Chromium has no software adapter to replace. */
function copyOf(chromium: string): Copy | null {
  const from = process.platform === 'linux' ? chromiumFolder(chromium) : null;
  if (from === null || !existsSync(join(from, library))) return null;
  const program = ['chromium', 'chrome', basename(chromium)].find((name) => existsSync(join(from, name)));
  if (program === undefined) return null;
  const { size, mtimeMs } = statSync(join(from, program));
  const code = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  return {
    from,
    program,
    to: join(cacheFolder(), 'chromium-on-lavapipe'),
    stamp: `${join(from, program)} ${String(size)} ${String(mtimeMs)} ${code}\n`,
  };
}

function isCurrent({ to, stamp }: Copy): boolean {
  const file = join(to, 'made-of');
  return existsSync(file) && readFileSync(file, 'utf8') === stamp;
}

/** Path of the copy's program where it is there and of this Chromium, else null. */
export function findLavapipeChromium(chromium: string): string | null {
  const copy = copyOf(chromium);
  return copy !== null && isCurrent(copy) ? join(copy.to, copy.program) : null;
}

/**
 * Makes the copy, some 400 MB, unless it is there.
 * @returns a line that says what was done; null where there is nothing to do or no way to do it (no C compiler, no
 *   SwiftShader in this Chromium)
 * @throws Error with the compiler's words where it fails
 */
export function makeLavapipeChromium(chromium: string): string | null {
  const copy = copyOf(chromium);
  const compiler = findProgram('cc', 'gcc', 'clang');
  if (copy === null || compiler === null || isCurrent(copy)) return null;
  // Beside its place first: a set-up that is interrupted leaves nothing that looks whole.
  const unfinished = `${copy.to}-${String(process.pid)}`;
  mkdirSync(cacheFolder(), { recursive: true });
  try {
    cpSync(copy.from, unfinished, { recursive: true });
    rmSync(join(unfinished, library));
    const { status, stderr } = spawnSync(
      compiler,
      ['-shared', '-fPIC', '-O2', '-o', join(unfinished, library), source, '-ldl'],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${compiler} could not build ${source}:\n${stderr}`);
    writeFileSync(join(unfinished, 'made-of'), copy.stamp);
    rmSync(copy.to, { recursive: true, force: true });
    renameSync(unfinished, copy.to);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return `${copy.from}, copied to ${copy.to} with lavapipe as its software adapter`;
}
