/** One step of the whole reference recipe on two ranks, from pixels to EMA, against PyTorch, torchvision and Pillow. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBuffer } from '../../src/engine/runtime/readBuffer.ts';
import type { NamedTensors } from '../../src/engine/stepRunner.ts';
import { effectiveEmaDecay, emaActionAt } from '../../src/recipe/ema.ts';
import { learningRateAt } from '../../src/recipe/learningRate.ts';
import { ImagePipeline, type TrainingImages } from '../../src/train/pipeline.ts';
import { createTestDevice } from '../support/gpu.ts';
import { relativeL2 } from '../support/hash.ts';
import { parityGoldens, parityRecipe, parityState } from '../support/parity.ts';
import { createParityEngine } from '../support/parityEngine.ts';
import { largestDifference } from '../support/parityTests.ts';
import {
  ReferenceStepSource,
  referenceStepBatches,
  referenceStepPlace,
  referenceStepRecipe as recipe,
} from '../support/referenceStep.ts';
import { patience } from '../support/patience.ts';

interface Goldens {
  losses: number[];
  gradientNorms: Record<string, number>;
  sampled: number;
  batches: { values: number[]; targets: number[] }[];
  tensors: Record<string, { torchF32Error: number; values: number[] }>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../goldens/${name}`, import.meta.url), 'utf8'));
const goldens = read('reference-step.json') as Goldens;
const draws = read('reference-step-draws.json') as {
  recipe: unknown;
  learningRate: number;
  emaDecay: number;
  ranks: { mix: unknown; images: { index: number; label: number; parameters: unknown }[] }[];
};

/** The elements that the goldens hold: every stride-th, an odd one. */
function sampleOf(values: Float32Array | undefined): Float32Array {
  if (values === undefined) throw new Error('The tensor is missing.');
  const stride = Math.floor(values.length / goldens.sampled) | 1;
  const length = Math.min(goldens.sampled, Math.ceil(values.length / stride));
  return Float32Array.from({ length }, (_, i) => values[i * stride] ?? NaN);
}

describe('a step of the reference recipe', { timeout: patience(300_000) }, () => {
  it('equals PyTorch’s: batches, loss, gradients, weights, momentum, EMA', async () => {
    const engine = await createTestDevice();
    const { epoch, step, nAveraged } = referenceStepPlace;
    // The runner’s set-up is the parity test’s: what it takes of a recipe is the same here.
    for (const name of ['momentum', 'weightDecay', 'normWeightDecay', 'labelSmoothing'] as const) {
      expect(parityRecipe[name]).toBe(recipe[name]);
    }
    expect(parityGoldens.setup.classes).toBe(10);
    const runner = await createParityEngine(engine, 'f32');
    runner.writeState(parityState());
    const pipeline = new ImagePipeline(engine, new ReferenceStepSource(), recipe);

    const batches: TrainingImages[] = [];
    for (const plan of referenceStepBatches()) batches.push(await pipeline.prepare(plan, epoch));
    const trained = batches.map(({ plan, labels, parameters }) => ({
      rank: plan.rank,
      mix: plan.mix,
      images: plan.indices.map((index, i) => ({ index, label: labels[i], parameters: parameters[i] })),
    }));
    // PyTorch was given exactly these.
    expect(draws.recipe).toEqual(recipe);
    expect(draws.ranks).toMatchObject(trained);

    const losses: number[] = [];
    for (const [rank, batch] of batches.entries()) {
      const pixels = await readBuffer(engine.device, batch.images, 0, batch.images.size);
      expect(largestDifference(sampleOf(pixels), goldens.batches[rank]?.values ?? [])).toBeLessThan(1e-6 * 4);
      expect(largestDifference(batch.targets, goldens.batches[rank]?.targets ?? [])).toBeLessThan(1e-6);
      const { loss } = await runner.accumulate({
        ...batch,
        gradientWeight: batch.plan.gradientWeight,
        updatesRunningStatistics: rank === 0,
      });
      losses.push(loss);
      batch.images.destroy();
    }
    expect(largestDifference(losses, goldens.losses)).toBeLessThan(1e-4);
    const gradients = await runner.readGradients();
    for (const [name, norm] of Object.entries(goldens.gradientNorms)) {
      const actual = Math.sqrt(
        (gradients.get(name) ?? new Float32Array()).reduce((sum, value) => sum + value * value, 0),
      );
      expect(Math.abs(actual / norm - 1), `norm of ${name}`).toBeLessThan(1e-3);
    }

    const learningRate = learningRateAt(recipe, epoch);
    expect(learningRate).toBe(draws.learningRate);
    const ema = emaActionAt(recipe, { epoch, stepInEpoch: step, nAveraged });
    expect(ema.action).toEqual({ averageWithDecay: effectiveEmaDecay(recipe) });
    expect(effectiveEmaDecay(recipe)).toBe(draws.emaDecay);
    runner.update({ learningRate, ema: ema.action });
    const state = await runner.readState();

    const tables: Record<string, NamedTensors | null> = {
      gradient: gradients,
      weight: state.weights,
      momentum: state.momentum,
      ema: state.ema,
    };
    const errors = Object.entries(goldens.tensors).map(([golden, { values }]) => {
      const [quantity = '', name = ''] = golden.split('/');
      return { golden, error: relativeL2(sampleOf(tables[quantity]?.get(name)), values) };
    });
    expect(errors.filter(({ golden }) => golden.startsWith('gradient/')).length).toBeGreaterThanOrEqual(10);
    errors.sort((a, b) => b.error - a.error);
    const torchErrors = Object.values(goldens.tensors).map(({ torchF32Error }) => torchF32Error);
    console.info(
      `loss ${largestDifference(losses, goldens.losses).toExponential(1)};`,
      `worst of ${String(errors.length)} tensors ${errors[0]?.golden ?? ''} ${errors[0]?.error.toExponential(1) ?? ''}`,
      `(torch's own f32: up to ${Math.max(...torchErrors).toExponential(1)})`,
    );
    for (const { golden, error } of errors) expect(error, golden).toBeLessThan(1e-3);
    pipeline.destroy();
    runner.destroy();
  });
});
