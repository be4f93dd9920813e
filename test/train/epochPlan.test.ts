/** Which images a step trains on, and how they are mixed: pure arithmetic. */
import { describe, expect, it } from 'vitest';
import { drawBatchMix } from '../../src/augment/draw.ts';
import { distributedSampleOrder, raSampleOrder } from '../../src/data/sampleOrder.ts';
import { batchesOfStep, epochBatches, epochShape, type PlanRecipe } from '../../src/train/epochPlan.ts';

const subset = (length: number) => Int32Array.from({ length }, (_, i) => i * 10);
const epoch = 3;

const plain: PlanRecipe = {
  worldSize: 2,
  batchSize: 5,
  microBatchSize: null,
  raSampler: false,
  raReps: 4,
  raTruncate: true,
  mixupAlpha: 0,
  cutmixAlpha: 0,
  trainCropSize: 32,
  seed: 6,
};

function plan(trainImages: number, changes: Partial<PlanRecipe>, fromStep = 0) {
  const recipe = { ...plain, ...changes };
  const shape = epochShape(recipe, trainImages, 1);
  return [...epochBatches(recipe, subset(trainImages), epoch, fromStep, shape)];
}

describe('an epoch', () => {
  it('gives each rank torch’s order, through the subset', () => {
    const batches = plan(23, {});
    for (const rank of [0, 1]) {
      const seen = batches.filter((batch) => batch.rank === rank).flatMap(({ indices }) => indices);
      const order = distributedSampleOrder({ datasetSize: 23, worldSize: 2, rank, epoch });
      expect(seen).toEqual([...order].map((index) => index * 10));
    }
  });

  it.each([true, false])('gives each rank repeated augmentation’s order, truncated: %s', (raTruncate) => {
    const batches = plan(300, { worldSize: 8, raSampler: true, raTruncate });
    for (let rank = 0; rank < 8; rank++) {
      const seen = batches.filter((batch) => batch.rank === rank).flatMap(({ indices }) => indices);
      const request = { datasetSize: 300, worldSize: 8, rank, epoch, repetitions: 4, truncate: raTruncate };
      expect(seen).toEqual([...raSampleOrder(request)].map((index) => index * 10));
      expect(seen).toHaveLength(raTruncate ? 32 : 38);
    }
  });

  it.each([
    { trainImages: 23, worldSize: 2, batchSize: 5, microBatchSize: null },
    { trainImages: 23, worldSize: 3, batchSize: 4, microBatchSize: 3 },
    { trainImages: 64, worldSize: 1, batchSize: 32, microBatchSize: 8 },
    { trainImages: 600, worldSize: 8, batchSize: 5, microBatchSize: 2, raSampler: true },
  ])('weighs the gradients of each step to one: %o', ({ trainImages, ...recipe }) => {
    const all = plan(trainImages, recipe);
    for (const step of new Set(all.map((batch) => batch.step))) {
      const batches = all.filter((batch) => batch.step === step);
      expect(batches.reduce((sum, { gradientWeight }) => sum + gradientWeight, 0)).toBeCloseTo(1, 12);
      expect(batches.map(({ isLastOfStep }) => isLastOfStep).lastIndexOf(true)).toBe(batches.length - 1);
      expect(batches.filter(({ isLastOfStep }) => isLastOfStep)).toHaveLength(1);
    }
  });

  it('goes on from a step with what is left, and any step can be had alone', () => {
    const recipe = { batchSize: 4, microBatchSize: 2, mixupAlpha: 0.2, cutmixAlpha: 1 };
    const whole = plan(30, recipe);
    expect(plan(30, recipe, 2)).toEqual(whole.filter(({ step }) => step >= 2));
    const shape = epochShape({ ...plain, ...recipe }, 30, 1);
    for (let step = 0; step < shape.stepsPerEpoch; step++) {
      const alone = batchesOfStep({ ...plain, ...recipe }, subset(30), epoch, step, shape);
      expect(alone).toEqual(whole.filter((batch) => batch.step === step));
    }
    expect(batchesOfStep({ ...plain, ...recipe }, subset(30), epoch, shape.stepsPerEpoch, shape)).toEqual([]);
  });

  it('keeps the partial last batch, but not one image where the last map is 1×1', () => {
    const recipe = { ...plain, worldSize: 1, batchSize: 4 };
    expect(epochShape(recipe, 14, 1)).toEqual({ stepsPerEpoch: 4, imagesPerRank: 14, droppedImages: 0 });
    expect(epochShape(recipe, 13, 1)).toEqual({ stepsPerEpoch: 3, imagesPerRank: 12, droppedImages: 1 });
    expect(epochShape(recipe, 13, 2)).toEqual({ stepsPerEpoch: 4, imagesPerRank: 13, droppedImages: 0 });
    expect(epochShape(recipe, 1, 1).stepsPerEpoch).toBe(0);
  });

  it('with repeated augmentation has ImageNet’s 1,251 steps, and none for a small data set', () => {
    const recipe = { ...plain, worldSize: 8, batchSize: 128, raSampler: true };
    expect(epochShape(recipe, 1_281_167, 6)).toEqual({
      stepsPerEpoch: 1251,
      imagesPerRank: 160_128,
      droppedImages: 0,
    });
    expect(epochShape(recipe, 255, 6).stepsPerEpoch).toBe(0);
    expect(epochShape({ ...recipe, raTruncate: false }, 255, 6).imagesPerRank).toBe(32);
    // 768 / 8 = 96 images a rank in batches of 5: the 20th has one.
    expect(epochShape({ ...recipe, batchSize: 5 }, 900, 1)).toEqual({
      stepsPerEpoch: 19,
      imagesPerRank: 95,
      droppedImages: 8,
    });
  });
});

describe('mixing', () => {
  const mixed = { mixupAlpha: 0.2, cutmixAlpha: 1 };

  it('is drawn once for each rank’s batch, its parts included, and the last, partial one', () => {
    const batches = plan(23, { ...mixed, microBatchSize: 2 });
    for (const { mix, rank, step } of batches) {
      const key = { seed: 6, epoch, rank, step };
      expect(mix).toEqual(drawBatchMix(mixed, key, 32));
      expect(mix).not.toBeNull();
    }
    expect(new Set(batches.map(({ mix }) => JSON.stringify(mix))).size).toBe(2 * 3);
  });

  it('takes the image before the part as the first one’s partner, the rank’s last for the first part', () => {
    const batches = plan(25, { ...mixed, microBatchSize: 2 });
    const whole = plan(25, mixed);
    expect(batches.length).toBeGreaterThan(whole.length);
    for (const batch of whole) {
      expect(batch.partner).toBeNull();
      const parts = batches.filter(({ rank, step }) => rank === batch.rank && step === batch.step);
      expect(parts.flatMap(({ indices }) => indices)).toEqual(batch.indices);
      for (const { position, partner } of parts) {
        const place = position - batch.position;
        const before = (place + batch.indices.length - 1) % batch.indices.length;
        expect(partner).toEqual({ index: batch.indices[before], position: batch.position + before });
      }
    }
  });

  it('needs no partner where nothing is mixed', () => {
    expect(
      plan(23, { microBatchSize: 2 }).every(({ partner, mix }) => partner === null && mix === null),
    ).toBe(true);
  });
});
