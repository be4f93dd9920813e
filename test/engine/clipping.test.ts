/** Gradient clipping in the compiled step, and what it does with gradients that are not finite. */
import { describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import type { OptimizerSettings } from '../../src/engine/kernels/update.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { createStepRunner } from '../../src/train/runners.ts';
import { describeClipping } from '../support/clippingTests.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sameBits } from '../support/hash.ts';
import { smallBatch, smallClasses, smallGraph, smallState } from '../support/smallGraph.ts';

describeClipping((engine, recipe) =>
  createStepRunner('engine', engine, {
    ...{ graph: smallGraph, classCount: smallClasses, recipe, frozenStages: new Set() },
  }),
);

async function openRunner(engine: EngineDevice, changes: Partial<OptimizerSettings>) {
  const runner = await EngineStepRunner.create(engine.device, {
    ...{ graph: smallGraph, classCount: smallClasses, labelSmoothing: 0.1, frozenStages: new Set() },
    choice: defaultKernelChoice(engine),
    storage: 'f32',
    optimizer: {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: true },
      ...{ clipGradNorm: null, skipNonFinite: false, ...changes },
    },
  });
  runner.writeState(smallState());
  return runner;
}

describe.each([null, 1])('a gradient that is not finite, clipped to %s', (clipGradNorm) => {
  /** A step with gradients in order, and one with this gradient weight. */
  async function trainTwo(gradientWeight: number, skipNonFinite: boolean) {
    const engine = await createTestDevice();
    const runner = await openRunner(engine, { clipGradNorm, skipNonFinite });
    const batch = smallBatch(engine, 7);
    const update = { learningRate: 0.1, ema: { averageWithDecay: 0.9 } };
    await runner.accumulate({ ...batch, gradientWeight: 1, updatesRunningStatistics: false });
    runner.update(update);
    const between = await runner.readState();
    await runner.accumulate({ ...batch, gradientWeight, updatesRunningStatistics: false });
    runner.update(update);
    const after = await runner.readState();
    runner.destroy();
    return { between, after };
  }

  it.each([Infinity, NaN])('%f: the step changes nothing where it is skipped', async (weight) => {
    const { between, after } = await trainTwo(weight, true);
    for (const table of ['weights', 'momentum', 'ema'] as const) {
      const before = between[table] ?? new Map<string, Float32Array>();
      expect(before.size).toBeGreaterThan(5);
      for (const [name, values] of before)
        if (!name.endsWith('num_batches_tracked'))
          expect(sameBits(after[table]?.get(name), values), `${table} ${name}`).toBe(true);
    }
  });

  it('ruins the weights where it is not', async () => {
    const { after } = await trainTwo(Infinity, false);
    expect(after.weights.get('fc.weight')?.every((value) => Number.isFinite(value))).toBe(false);
  });

  it('does not skip a finite one', async () => {
    const { between, after } = await trainTwo(1, true);
    expect(sameBits(after.weights.get('fc.weight'), between.weights.get('fc.weight'))).toBe(false);
  });
});
