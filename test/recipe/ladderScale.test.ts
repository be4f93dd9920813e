import { describe, expect, it } from 'vitest';
import { effectiveEmaDecay } from '../../src/recipe/ema.ts';
import { rungNames } from '../../src/recipe/ladder.ts';
import { defaultScale, ladderRecipe, scaleProblems } from '../../src/recipe/ladderScale.ts';
import { globalBatchSize, learningRateAt } from '../../src/recipe/learningRate.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { parseRecipe } from '../../src/recipe/validate.ts';

const imageNet = 1_281_167;
const imageNetScale = {
  ...defaultScale,
  model: 'resnet50',
  basePx: 224,
  epochsShort: 90,
  epochsLong: 600,
  worldSize: 8,
  batchSize: 128,
  limit: null,
  trainScaleMin: 0.08,
} as const;

/** Steps that the EMA spans, as a share of the run. */
function emaSpan(recipe: Recipe, images: number): number {
  const steps = Math.ceil(images / globalBatchSize(recipe)) * recipe.epochs;
  return recipe.modelEmaSteps / (1 - effectiveEmaDecay(recipe)) / steps;
}

describe('ladderRecipe', () => {
  it('is the reference itself at ImageNet’s own scale', () => {
    const recipe = ladderRecipe('repeated-augmentation', imageNetScale, imageNet);
    expect(recipe).toEqual({
      ...presets.reference.recipe,
      modelEmaDecay: expect.closeTo(0.99998, 9) as number,
    });
  });

  it('is the baseline there too, with the batch and the rate of four times the GPUs', () => {
    const recipe = ladderRecipe('baseline', imageNetScale, imageNet);
    expect(recipe).toEqual({ ...presets.baseline.recipe, batchSize: 128, lr: 0.4 });
  });

  it('keeps sizes, rates and schedules in proportion', () => {
    const first = ladderRecipe('baseline', defaultScale, 2654);
    const last = ladderRecipe('repeated-augmentation', defaultScale, 2654);
    expect(first).toMatchObject({
      trainCropSize: 32,
      valResizeSize: 37,
      valCropSize: 32,
      epochs: 4,
      lrStepSize: 1,
    });
    expect(last).toMatchObject({
      trainCropSize: 25,
      valResizeSize: 33,
      valCropSize: 32,
      epochs: 12,
      raTruncate: false,
    });
    expect(first.lr).toBe(0.1 / 4);
    expect(last.lr).toBe(0.5 / 16);
    expect(first.lrWarmupEpochs).toBe(0);
    expect(last.lrWarmupEpochs).toBe(1);
  });

  it('warms up at the mean rate of ImageNet’s five epochs, however short', () => {
    const mean = ({ lrWarmupEpochs, lr, ...rest }: Recipe) =>
      Array.from({ length: lrWarmupEpochs }, (_, epoch) =>
        learningRateAt({ lrWarmupEpochs, lr, ...rest }, epoch),
      ).reduce((sum, rate) => sum + rate / lr / lrWarmupEpochs, 0);
    const wanted = mean(presets.reference.recipe);
    for (const epochsShort of [2, 4, 30, 54, 90]) {
      const recipe = ladderRecipe('lr-optimizations', { ...defaultScale, epochsShort }, 2654);
      expect(recipe.lrWarmupEpochs).toBeGreaterThan(0);
      expect(recipe.lrWarmupEpochs).toBeLessThan(epochsShort);
      expect(mean(recipe), `${epochsShort} epochs`).toBeCloseTo(wanted, 2);
    }
  });

  it('averages over the same share of the run as the reference', () => {
    const wanted = emaSpan({ ...presets.reference.recipe }, imageNet);
    expect(wanted).toBeCloseTo(0.039, 3);
    for (const [images, epochsLong] of [
      [1984, 12],
      [59_968, 5],
      [2624, 40],
    ] as const) {
      const recipe = ladderRecipe('ema', { ...defaultScale, limit: null, epochsLong }, images);
      expect(recipe.modelEmaSteps).toBe(1);
      expect(emaSpan(recipe, images), `${images} images`).toBeCloseTo(wanted, 3);
    }
    // One update is the least.
    const short = ladderRecipe('ema', { ...defaultScale, epochsLong: 1 }, 100);
    expect(effectiveEmaDecay(short)).toBeCloseTo(0, 6);
  });

  it('gives valid recipes at any scale that is valid, down to one epoch of one image', () => {
    for (const epochs of [1, 2, 3, 7, 600]) {
      for (const basePx of [24, 32, 64, 224, 512]) {
        for (const images of [1, 90, 300, 60_000]) {
          const scale = { ...defaultScale, basePx, epochsShort: epochs, epochsLong: epochs, limit: null };
          for (const rung of rungNames) {
            const result = parseRecipe(ladderRecipe(rung, scale, images));
            expect(result.ok ? [] : result.problems, `${rung} ${epochs} ${basePx}`).toEqual([]);
          }
        }
      }
    }
  });

  it('says what is wrong with a scale', () => {
    expect(scaleProblems({ ...defaultScale }).size).toBe(0);
    const problems = scaleProblems({ ...defaultScale, basePx: 8, limit: 'few', model: 'vgg' });
    expect(problems.get('basePx')).toBe('basePx is 8, but must be a whole number from 24 to 512.');
    expect(problems.get('limit')).toContain('or null (all images)');
    expect(problems.get('model')).toContain('resnet18');
    expect(problems.size).toBe(3);
  });
});
