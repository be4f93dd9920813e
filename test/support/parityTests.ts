/** Any StepRunner against PyTorch: logits, and ten steps of the optimizer and EMA. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { ImageBatch, NamedTensors, StepRunner } from '../../src/engine/stepRunner.ts';
import { effectiveEmaDecay, emaActionAt } from '../../src/recipe/ema.ts';
import { createTestDevice } from './gpu.ts';
import { relativeL2 } from './hash.ts';
import { parityBatch, parityGoldens, parityRecipe, parityState, parityValues, sampleOf } from './parity.ts';
import { patience } from './patience.ts';

/** Both runners can also show what a training step computes before its loss. */
type TestedRunner = StepRunner & { trainingLogits(batch: ImageBatch): Promise<Float32Array> };

/** @param steps of the goldens' ten: with fewer, what ten steps leave is not compared, and that is printed */
export function describeParity(
  create: (engine: EngineDevice) => Promise<TestedRunner>,
  steps = parityGoldens.setup.steps,
): void {
  describe('ResNet-50 against PyTorch', () => {
    let engine: EngineDevice;
    let runner: TestedRunner;

    beforeAll(async () => {
      engine = await createTestDevice();
      runner = await create(engine);
    });

    it('gives the same logits in evaluation mode', async () => {
      runner.writeState(parityState());
      const logits = await runner.logits(parityBatch(engine, 0), 'raw');
      expect(largestDifference(logits, parityGoldens.evalLogits)).toBeLessThan(1e-4);
    });

    it('gives the same logits in training mode', async () => {
      runner.writeState(parityState());
      const logits = await runner.trainingLogits(parityBatch(engine, 0));
      expect(largestDifference(logits, parityGoldens.trainLogits)).toBeLessThan(1e-4);
    });

    it('averages the gradients of two ranks, with rank 0’s running statistics', async () => {
      runner.writeState(parityState());
      const { images, targets, batchSize, sizePx } = parityBatch(engine, 0);
      const half = batchSize / 2;
      for (const rank of [0, 1]) {
        await runner.accumulate({
          ...{ images: partOf(engine, images, rank, 2), batchSize: half, sizePx },
          targets: targets.slice((rank * targets.length) / 2, ((rank + 1) * targets.length) / 2),
          ...{ gradientWeight: 1 / 2, updatesRunningStatistics: rank === 0 },
        });
      }
      const [gradients, { weights }] = [await runner.readGradients(), await runner.readState()];
      const goldens = Object.keys(parityGoldens.tensors).filter((golden) => golden.startsWith('ranks/'));
      expect(goldens.length).toBeGreaterThan(20);
      for (const golden of goldens) {
        const name = golden.slice('ranks/'.length);
        const actual = gradients.get(name) ?? weights.get(name);
        expect(relativeL2(sampleOf(actual), parityValues(golden)), golden).toBeLessThan(1e-3);
      }
      // Ends the step, so that the next begins with no gradient.
      runner.update({ learningRate: 0, ema: 'skip' });
    });

    it('follows PyTorch over ten steps', { timeout: patience(900_000) }, async () => {
      runner.writeState(parityState());
      const gradients = new Map<number, NamedTensors>();
      const lastStep = parityGoldens.setup.steps - 1;
      const losses = await trainParitySteps(engine, runner, steps, async (step) => {
        if (step === 0 || step === lastStep) gradients.set(step, await runner.readGradients());
      });
      expect(effectiveEmaDecay(parityRecipe)).toBeCloseTo(parityGoldens.setup.effectiveEmaDecay, 12);
      expect(largestDifference(losses, parityGoldens.losses.slice(0, steps))).toBeLessThan(1e-4);

      const state = await runner.readState();
      const tables: Record<string, NamedTensors | null | undefined> = {
        gradient0: gradients.get(0),
        [`gradient${String(lastStep)}`]: gradients.get(lastStep),
        weight: state.weights,
        momentum: state.momentum,
        ema: state.ema,
      };
      const isWhole = steps === parityGoldens.setup.steps;
      if (!isWhole) console.info(`Only ${String(steps)} steps: more would take hours on this adapter.`);
      const goldens = Object.keys(parityGoldens.tensors).filter((golden) =>
        isWhole ? !golden.startsWith('ranks/') : golden.startsWith('gradient0/'),
      );
      const errors = goldens.map((golden) => {
        const [quantity = '', name = ''] = golden.split('/');
        return { golden, error: relativeL2(sampleOf(tables[quantity]?.get(name)), parityValues(golden)) };
      });
      errors.sort((a, b) => b.error - a.error);
      const torchError = goldens.map((golden) => parityGoldens.tensors[golden]?.torchF32Error ?? NaN);
      console.info(
        `largest loss difference ${largestDifference(losses, parityGoldens.losses.slice(0, steps)).toExponential(1)};`,
        `worst of ${String(errors.length)} tensors ${errors[0]?.golden ?? ''} ${errors[0]?.error.toExponential(1) ?? ''}`,
        `(torch's own f32: up to ${Math.max(...torchError).toExponential(1)})`,
      );
      for (const { golden, error } of errors) expect(error, golden).toBeLessThan(1e-3);
      if (!isWhole) return;
      expect(state.weights.get('bn1.num_batches_tracked')?.[0]).toBe(parityGoldens.batchCounts.raw);
      expect(state.ema?.get('bn1.num_batches_tracked')?.[0]).toBe(parityGoldens.batchCounts.ema);
    });
  });
}

/**
 * The steps of the goldens, from the runner's state on.
 * @param steps how many of them
 * @param beforeUpdate called with the number of the step when its gradient is there
 * @returns the loss of each step
 */
export async function trainParitySteps(
  engine: EngineDevice,
  runner: StepRunner,
  steps: number,
  beforeUpdate: (step: number) => Promise<void> = () => Promise.resolve(),
): Promise<number[]> {
  const { lr } = parityGoldens.setup;
  const losses: number[] = [];
  // As after a warmup: the first update copies (n_averaged is 0).
  let nAveraged = 0;
  for (let step = 0; step < steps; step += 1) {
    const { loss } = await runner.accumulate({
      ...parityBatch(engine, step),
      gradientWeight: 1,
      updatesRunningStatistics: true,
    });
    losses.push(loss);
    await beforeUpdate(step);
    const ema = emaActionAt(parityRecipe, { epoch: 0, stepInEpoch: step, nAveraged });
    nAveraged = ema.nAveraged;
    runner.update({ learningRate: lr, ema: ema.action });
  }
  return losses;
}

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(expected, (value, i) => Math.abs((actual[i] ?? NaN) - value)));
}

/** One of `parts` equal parts of a buffer, in a buffer of its own. */
function partOf({ device }: EngineDevice, whole: GPUBuffer, part: number, parts: number): GPUBuffer {
  const size = whole.size / parts;
  const buffer = device.createBuffer({
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(whole, part * size, buffer, 0, size);
  device.queue.submit([encoder.finish()]);
  return buffer;
}
