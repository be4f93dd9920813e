/** Kernels on ranges of images: the same numbers, and no binding or dispatch that is too large. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../../src/engine/device.ts';
import { coreKernelChoice, defaultKernelChoice } from '../../../src/engine/kernelChoice.ts';
import { planStep } from '../../../src/engine/plan/planStep.ts';
import { imageRanges, type SplitLimits } from '../../../src/engine/plan/split.ts';
import { EngineStepRunner } from '../../../src/engine/runtime/engineStepRunner.ts';
import { buildResNet } from '../../../src/model/resnet.ts';
import { presets } from '../../../src/recipe/presets.ts';
import { initialState } from '../../../src/train/openTrainer.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, relativeL2, sameBits } from '../../support/hash.ts';
import { patience } from '../../support/patience.ts';

describe('imageRanges', () => {
  const limits: SplitLimits = { bindingBytes: 10_000, dispatchFlops: 100 };

  it('is one range where everything fits', () => {
    expect(imageRanges('x', 8, [1024, 256], 100, limits)).toEqual([8]);
  });

  it('keeps each binding and the time within the limits', () => {
    expect(imageRanges('x', 20, [1024, 256], 1, limits)).toEqual([9, 9, 2]);
    expect(imageRanges('x', 8, [256], 250, limits)).toEqual([3, 3, 2]);
  });

  it('begins ranges where a binding may begin', () => {
    // 64 bytes an image: only every fourth is at a multiple of 256.
    expect(imageRanges('x', 20, [1024, 64], 1, limits)).toEqual([8, 8, 4]);
    expect(imageRanges('x', 10, [64], 1000, limits)).toEqual([4, 4, 2]);
  });

  it('says where not even the smallest range can be bound', () => {
    expect(() => imageRanges('conv1', 4, [20_480], 1, limits)).toThrow(
      /"conv1": 1 images take 20480 bytes.*Use smaller images/,
    );
  });
});

describe.each([
  ['resnet50', 128, 176],
  ['resnet152', 128, 224],
  ['resnet50', 256, 224],
] as const)('%s at batch %i and %i px', (model, batch, sizePx) => {
  it('binds no more than 128 MiB, and takes no more than half a second of 100 GFLOP/s at a time', () => {
    const { largestBindingBytes, rows } = planStep({
      ...{ graph: buildResNet(model, 1000), classCount: 1000, batch, sizePx, ema: true },
      ...{ frozenStages: new Set(), choice: coreKernelChoice, storage: 'f32' },
    });
    expect(largestBindingBytes).toBeLessThanOrEqual(128 * 2 ** 20);
    expect(Math.max(...rows.map(({ flops }) => flops))).toBeLessThanOrEqual(50e9);
  });
});

describe('a step on ranges of images', () => {
  const [classCount, batchSize, sizePx] = [3, 5, 36];
  const recipe = { ...presets.baseline.recipe, model: 'resnet18' as const };
  const graph = buildResNet('resnet18', classCount);
  let engine: EngineDevice;
  let whole: Awaited<ReturnType<typeof train>>;

  async function train(limits: SplitLimits) {
    const runner = await EngineStepRunner.create(engine.device, {
      ...{ graph, classCount, labelSmoothing: 0.1, frozenStages: new Set<never>() },
      choice: { ...defaultKernelChoice(engine), limits },
      storage: 'f32',
      optimizer: {
        ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: false },
        ...{ clipGradNorm: 1 },
      },
    });
    runner.writeState(initialState(recipe, classCount));
    const values = hashUniform(batchSize * sizePx * sizePx * 3, 5);
    const images = engine.device.createBuffer({
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    engine.device.queue.writeBuffer(images, 0, values);
    const targets = new Float32Array(batchSize * classCount);
    for (let i = 0; i < batchSize; i += 1) targets[i * classCount + (i % classCount)] = 1;
    const batch = { images, batchSize, sizePx, targets };
    const logits = await runner.logits(batch, 'raw');
    const { loss } = await runner.accumulate({ ...batch, gradientWeight: 1, updatesRunningStatistics: true });
    const gradients = await runner.readGradients();
    runner.update({ learningRate: 0.1, ema: 'skip' });
    const { weights } = await runner.readState();
    runner.destroy();
    images.destroy();
    return { logits, loss, gradients, weights };
  }

  beforeAll(async () => {
    engine = await createTestDevice();
    whole = await train(coreKernelChoice.limits);
  }, patience(300_000));

  it.each([
    ['bindings of 170 KiB', { bindingBytes: 170 * 1024, dispatchFlops: Infinity }],
    ['dispatches of 10 MFLOP', { bindingBytes: 2 ** 27, dispatchFlops: 10e6 }],
  ])('gives the numbers of the whole batch: %s', { timeout: patience(300_000) }, async (_, limits) => {
    const split = await train(limits);
    expect(sameBits(split.logits, whole.logits)).toBe(true);
    expect(Math.abs(split.loss - whole.loss)).toBeLessThan(1e-6);
    for (const table of ['gradients', 'weights'] as const) {
      expect(split[table].size).toBe(whole[table].size);
      for (const [name, values] of whole[table])
        expect(relativeL2(split[table].get(name) ?? [], values), `${table} ${name}`).toBeLessThan(1e-5);
    }
  });
});
