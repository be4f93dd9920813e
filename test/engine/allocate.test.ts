/** What happens when the GPU has no room. The refusal is simulated: software adapters lend what they do not have. */
import { afterEach, describe, expect, it } from 'vitest';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { allocateStorage, OutOfMemoryError } from '../../src/engine/runtime/allocate.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { createTestDevice } from '../support/gpu.ts';
import { smallBatch, smallClasses, smallGraph, smallState } from '../support/smallGraph.ts';

const engine = await createTestDevice();
const { device } = engine;

/** Lets the GPU refuse what is allocated in error scope number `at`, from 0, and later. */
function refuseFrom(at: number): void {
  const pop = device.popErrorScope.bind(device);
  let scopes = 0;
  Object.defineProperty(device, 'popErrorScope', {
    configurable: true,
    value: async () => {
      scopes += 1;
      const error = await pop();
      return scopes > at ? new GPUOutOfMemoryError('simulated') : error;
    },
  });
}

afterEach(() => {
  Reflect.deleteProperty(device, 'popErrorScope');
});

function openRunner() {
  return EngineStepRunner.create(device, {
    ...{ graph: smallGraph, classCount: smallClasses, labelSmoothing: 0.1, frozenStages: new Set<never>() },
    choice: defaultKernelChoice(engine),
    storage: 'f32' as const,
    optimizer: {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: true },
      ...{ clipGradNorm: null },
    },
  });
}

describe('allocateStorage', () => {
  it('makes buffers of these sizes', async () => {
    const buffers = await allocateStorage(device, 'test', [
      { label: 'a', bytes: 256 },
      { label: 'b', bytes: 1024 },
    ]);
    expect(buffers.map(({ size }) => size)).toEqual([256, 1024]);
    for (const buffer of buffers) buffer.destroy();
  });

  it('says how much of what was refused, and what to do', async () => {
    refuseFrom(0);
    const refused = allocateStorage(device, 'activations', [
      { label: 'a', bytes: 3 * 2 ** 20 },
      { label: 'b', bytes: 2 ** 20 },
    ]);
    await expect(refused).rejects.toBeInstanceOf(OutOfMemoryError);
    await expect(refused).rejects.toThrow(
      /no room for 0\.00 GiB \(4194304 bytes\) of activations\. Set a smaller microBatchSize/,
    );
  });
});

describe('the compiled step', () => {
  it('does not open where its weights do not fit', async () => {
    refuseFrom(0);
    await expect(openRunner()).rejects.toThrow(/no room for .* of weights, gradients and momentum/);
  });

  it('rejects the batch whose activations do not fit, and keeps the weights', async () => {
    const runner = await openRunner();
    runner.writeState(smallState());
    const before = await runner.readState();
    refuseFrom(0);
    const batch = { ...smallBatch(engine, 1), gradientWeight: 1, updatesRunningStatistics: true };
    await expect(runner.accumulate(batch)).rejects.toThrow(/no room for .* of activations and workspace/);
    const after = await runner.readState();
    expect(after.weights.get('fc.weight')).toEqual(before.weights.get('fc.weight'));
    runner.destroy();
  });
});
