/** Against torch's schedulers, stepped epoch by epoch (scripts/goldens/learning_rate.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  globalBatchSize,
  learningRateAt,
  scaledLearningRate,
  suggestLinearScaling,
} from '../../src/recipe/learningRate.ts';
import { presets, trainScriptDefaults } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';

interface Golden {
  cases: { name: string; fields: Partial<Recipe>; learningRates: number[] }[];
}
const goldens = JSON.parse(
  readFileSync(new URL('../goldens/learning-rate.json', import.meta.url), 'utf8'),
) as Golden;

const baseline = presets.baseline.recipe;
const reference = presets.reference.recipe;

describe('learning rate of every epoch, within 1e-12 of the initial learning rate', () => {
  test.each(goldens.cases)('$name', ({ fields, learningRates }) => {
    const recipe: Recipe = { ...trainScriptDefaults, ...fields };
    const differences = learningRates.map((expected, epoch) =>
      Math.abs(learningRateAt(recipe, epoch) - expected),
    );
    expect(learningRates).toHaveLength(recipe.epochs);
    expect(Math.max(...differences)).toBeLessThan(1e-12 * recipe.lr);
  });

  test.each([
    ['baseline', baseline],
    ['reference', reference],
  ] as const)('the %s goldens are of the preset as it is', (name, preset) => {
    const golden = goldens.cases.find((candidate) => candidate.name === name);
    expect(preset).toMatchObject(golden?.fields ?? {});
  });
});

test('the figures of torchvision’s recipes', () => {
  expect([0, 1, 2, 3, 4, 5].map((epoch) => learningRateAt(reference, epoch))).toEqual(
    [0.005, 0.104, 0.203, 0.302, 0.401, 0.5].map((rate) => expect.closeTo(rate, 12) as number),
  );
  expect(learningRateAt(reference, 599)).toBeCloseTo(3.48e-6, 8);
  expect([29, 30, 60].map((epoch) => learningRateAt(baseline, epoch))).toEqual(
    [0.1, 0.01, 0.001].map((rate) => expect.closeTo(rate, 12) as number),
  );
});

test('linear scaling', () => {
  expect(globalBatchSize(reference)).toBe(1024);
  expect(scaledLearningRate(0.5, 1024, 256)).toBe(0.125);
  expect(scaledLearningRate(0.1, 32, 96)).toBe(0.3);
});

test('scaling is suggested only where the global batch differs and the learning rate does not fit', () => {
  expect(suggestLinearScaling(reference, reference)).toBeNull();
  // Same global batch, another split over ranks.
  expect(suggestLinearScaling({ ...reference, worldSize: 4, batchSize: 256 }, reference)).toBeNull();
  // Tuned by hand at the preset's batch: not our business.
  expect(suggestLinearScaling({ ...reference, lr: 0.4 }, reference)).toBeNull();

  const small: Recipe = { ...reference, worldSize: 1, batchSize: 64 };
  const suggestion = suggestLinearScaling(small, reference);
  expect(suggestion?.lr).toBe(0.03125);
  expect(suggestion?.message).toMatch(/0\.5 .*1024.* 64 .*0\.03125/);
  expect(suggestLinearScaling({ ...small, lr: 0.03125 }, reference)).toBeNull();
});
