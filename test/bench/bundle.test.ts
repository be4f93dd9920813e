/** What `npm run bundle` packs runs by itself: unpacked elsewhere, with no Node on the path and no environment. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MemoryResult } from '../../bench/measure/memory.ts';
import { bundleName, writeBundle } from '../../scripts/bundle/bundle.ts';
import { patience } from '../support/patience.ts';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tabtrain-unpacked-'));
  const archive = join(folder, 'bundle.tar.gz');
  await writeBundle(archive);
  const { status } = spawnSync('tar', ['-xzf', archive, '-C', folder]);
  expect(status).toBe(0);
}, patience(180_000));

afterAll(() => rmSync(folder, { recursive: true }));

function runBundled(args: readonly string[]) {
  const driver = Object.fromEntries(
    ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return spawnSync(join(folder, bundleName, 'run.sh'), args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', ...driver },
    encoding: 'utf8',
  });
}

it('measures memory: the engine’s buffers are what its plan says', { timeout: patience(120_000) }, () => {
  const { status, stdout, stderr } = runBundled(
    'memory --model resnet18 --batch 2 --size 32 --json'.split(' '),
  );
  expect(status, stderr).toBe(0);
  const result = JSON.parse(stdout) as MemoryResult;
  console.info(`WebGPU adapter of the bundle: ${result.adapter}`);
  for (const { part, plannedBytes, allocatedBytes } of result.parts) {
    if (part === 'other') expect(allocatedBytes).toBeLessThan(2 ** 20);
    else expect(allocatedBytes, part).toBe(plannedBytes);
  }
  expect(result.tfjsPeakBytes).toBeGreaterThan(result.peakBytes);
});

it('says how it is used', { timeout: patience(60_000) }, () => {
  const { status, stderr } = runBundled(['stp']);
  expect(status).toBe(2);
  expect(stderr).toContain('There is no benchmark "stp"');
  expect(stderr).toContain('step | conv | memory');
});
