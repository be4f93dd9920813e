/** Which images a step trains on: pure arithmetic. */
import { describe, expect, it } from 'vitest';
import { distributedSampleOrder } from '../../src/data/sampleOrder.ts';
import { epochBatches, epochShape } from '../../src/train/epochPlan.ts';

const subset = (length: number) => Int32Array.from({ length }, (_, i) => i * 10);

function plan(
  trainImages: number,
  recipe: { worldSize: number; batchSize: number; microBatchSize: number | null },
  fromStep = 0,
) {
  const shape = epochShape(recipe, trainImages, 1);
  return [...epochBatches(recipe, subset(trainImages), 3, fromStep, shape)];
}

describe('an epoch', () => {
  it('gives each rank torch’s order, through the subset', () => {
    const batches = plan(23, { worldSize: 2, batchSize: 5, microBatchSize: null });
    for (const rank of [0, 1]) {
      const seen = batches.filter((batch) => batch.rank === rank).flatMap(({ indices }) => indices);
      const order = distributedSampleOrder({ datasetSize: 23, worldSize: 2, rank, epoch: 3 });
      expect(seen).toEqual([...order].map((index) => index * 10));
    }
  });

  it.each([
    { trainImages: 23, worldSize: 2, batchSize: 5, microBatchSize: null },
    { trainImages: 23, worldSize: 3, batchSize: 4, microBatchSize: 3 },
    { trainImages: 64, worldSize: 1, batchSize: 32, microBatchSize: 8 },
  ])('weighs the gradients of each step to one: %o', ({ trainImages, ...recipe }) => {
    const all = plan(trainImages, recipe);
    for (const step of new Set(all.map((batch) => batch.step))) {
      const batches = all.filter((batch) => batch.step === step);
      expect(batches.reduce((sum, { gradientWeight }) => sum + gradientWeight, 0)).toBeCloseTo(1, 12);
      expect(batches.map(({ isLastOfStep }) => isLastOfStep).lastIndexOf(true)).toBe(batches.length - 1);
      expect(batches.filter(({ isLastOfStep }) => isLastOfStep)).toHaveLength(1);
    }
  });

  it('goes on from a step with what is left', () => {
    const recipe = { worldSize: 2, batchSize: 4, microBatchSize: null };
    const whole = plan(30, recipe);
    expect(plan(30, recipe, 2)).toEqual(whole.filter(({ step }) => step >= 2));
  });

  it('keeps the partial last batch, but not one image where the last map is 1×1', () => {
    const recipe = { worldSize: 1, batchSize: 4 };
    expect(epochShape(recipe, 14, 1)).toEqual({ stepsPerEpoch: 4, imagesPerRank: 14, droppedImages: 0 });
    expect(epochShape(recipe, 13, 1)).toEqual({ stepsPerEpoch: 3, imagesPerRank: 12, droppedImages: 1 });
    expect(epochShape(recipe, 13, 2)).toEqual({ stepsPerEpoch: 4, imagesPerRank: 13, droppedImages: 0 });
    expect(epochShape(recipe, 1, 1).stepsPerEpoch).toBe(0);
  });
});
