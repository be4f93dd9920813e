/** What the estimate allows, without a GPU. */
import { describe, expect, it } from 'vitest';
import { presets } from '../../src/recipe/presets.ts';
import { estimateRun } from '../../src/train/estimate.ts';
import { createRun } from '../../src/train/openTrainer.ts';
import type { RunnerKind } from '../../src/train/reports.ts';
import { ColourSource } from '../support/colourSource.ts';

const recipe = {
  ...presets.baseline.recipe,
  ...{ model: 'resnet50' as const, worldSize: 1, batchSize: 128, trainCropSize: 176 },
  ...{ valResizeSize: 176, valCropSize: 176 },
};

function estimate(
  runner: RunnerKind,
  maxBufferBytes: number,
  changes: Partial<typeof recipe> = {},
  trainImages = 200,
) {
  return estimateRun({
    ...{ recipe: { ...recipe, ...changes }, source: new ColourSource(trainImages), frozenStages: [], runner },
    ...{ speed: { secondsPerGflop: 0.001, basis: '' }, attempts: [] },
    limits: {
      maxBindingBytes: 128 * 2 ** 20,
      maxBufferBytes,
      memoryBudgetBytes: 32 * 2 ** 30,
      features: new Set(),
    },
  });
}

describe('ResNet-50 at batch 128 and 176 px, where a binding holds 128 MiB', () => {
  it('is trained by the engine, which binds ranges of images', () => {
    expect(estimate('engine', 2 ** 30).refusal).toBeNull();
  });

  it('is refused for plain tfjs, and where no buffer is large enough', () => {
    expect(estimate('tfjs', 2 ** 30).refusal).toMatch(
      /tensors of 128 MiB can be held\. Lower batchSize to \d+/,
    );
    expect(estimate('engine', 2 ** 27).refusal).toMatch(/tensors of 128 MiB can be held/);
  });

  it('is refused in words where an image size cannot be split', () => {
    expect(estimate('engine', 2 ** 40, { trainCropSize: 1023 }).refusal).toMatch(
      /works on more at a time than a GPU kernel may use\. (Lower batchSize to \d+|Choose a smaller)/,
    );
  });
});

describe('repeated augmentation', () => {
  const repeated = { raSampler: true, raReps: 4, worldSize: 2, batchSize: 8 };
  const few = /There are 200 training images.*multiples of 256: none\. Set raTruncate to false/;

  it('counts the images that its sampler keeps', () => {
    const shape = (changes: Partial<typeof recipe>) =>
      estimate('engine', 2 ** 30, { ...repeated, ...changes }, 600);
    expect(shape({})).toMatchObject({ stepsPerEpoch: 32, refusal: null });
    expect(shape({ raTruncate: false })).toMatchObject({ stepsPerEpoch: 38, refusal: null });
    expect(shape({ raSampler: false })).toMatchObject({ stepsPerEpoch: 38, refusal: null });
  });

  it('is refused for a data set of which it keeps nothing, and trained when told to keep them', () => {
    expect(estimate('engine', 2 ** 30, repeated).refusal).toMatch(few);
    expect(estimate('engine', 2 ** 30, { ...repeated, raTruncate: false }).refusal).toBeNull();
    const start = (changes: Partial<typeof recipe>) =>
      createRun({ ...recipe, ...repeated, ...changes }, new ColourSource(200), [], 'engine', 'x');
    expect(() => start({})).toThrow(few);
    expect(start({ raTruncate: false }).totalSteps).toBe(13 * recipe.epochs);
  });

  it('warns of ranks too few to tell repetitions apart', () => {
    const warnings = (worldSize: number) =>
      estimate('engine', 2 ** 30, { ...repeated, worldSize }, 600).warnings.filter((warning) =>
        warning.includes('fewer ranks'),
      );
    expect(warnings(2)).toHaveLength(1);
    expect(warnings(4)).toEqual([]);
  });
});
