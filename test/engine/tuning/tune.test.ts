/** Tuning: what it compares, that it takes the faster, and that the plan's passes may differ. */
import { expect, it } from 'vitest';
import { convolutionPasses, defaultKernelChoice } from '../../../src/engine/kernelChoice.ts';
import { variantName } from '../../../src/engine/kernels/convolution.ts';
import type { KernelChoice } from '../../../src/engine/plan/builder.ts';
import { candidatesFor, measureChoice, tune } from '../../../src/engine/tuning/tune.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { patience } from '../../support/patience.ts';

const engine = await createTestDevice();
const choice = defaultKernelChoice(engine);

it('compares the present choice first, and each candidate once', () => {
  for (const pass of convolutionPasses) {
    const candidates = candidatesFor(engine, choice, pass);
    expect(candidates[0]?.variant).toEqual(choice.convolution[pass]);
    expect(candidates[0]?.workgroups).toBe(choice.workgroups);
    const names = candidates.map(({ variant, workgroups }) =>
      pass === 'filterGradient'
        ? `${variant.rows} ${String(workgroups)}`
        : `${variantName(variant)} ${String(workgroups)}`,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(candidates.map(({ variant }) => variant.rows)).size).toBeGreaterThan(1);
  }
});

it('finds kernels that are not slower than where it began', { timeout: patience(300_000) }, async () => {
  const slow: KernelChoice = {
    ...choice,
    convolution: {
      ...choice.convolution,
      // Made for the other kind of device.
      forward: engine.isSoftware ? { rows: 'tiled', tileRows: 64 } : { rows: 'direct', tileRows: 8 },
    },
  };
  const seen: [done: number, total: number][] = [];
  const tuned = await tune(engine, slow, { onProgress: (_, done, total) => seen.push([done, total]) });
  const before = await measureChoice(engine, slow);
  const names = convolutionPasses.map((pass) => {
    const speeds = `${before[pass].toFixed(1)} → ${tuned.gflops[pass].toFixed(1)} GFLOP/s`;
    return `${pass}: ${variantName(tuned.choice.convolution[pass])}, ${speeds}`;
  });
  console.info(`${names.join('\n')}\n${String(tuned.choice.workgroups)} workgroups`);
  expect(tuned.choice.convolution.forward.rows).not.toBe(slow.convolution.forward.rows);
  expect(tuned.gflops.forward).toBeGreaterThan(before.forward);
  expect(seen.map(([done]) => done)).toEqual(seen.map((_, i) => i));
  expect(seen.every(([, total]) => total === seen.length)).toBe(true);
});

it('stops when it is cancelled', async () => {
  const controller = new AbortController();
  const tuning = tune(engine, choice, {
    signal: controller.signal,
    onProgress: () => controller.abort(new DOMException('Cancelled.', 'AbortError')),
  });
  await expect(tuning).rejects.toThrow('Cancelled.');
});
