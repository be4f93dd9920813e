import { expect, test } from 'vitest';
import { type EmaAction, effectiveEmaDecay, emaActionAt } from '../../src/recipe/ema.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';

const reference = presets.reference.recipe;

test('the adjusted decay has the values torchvision prints', () => {
  expect(effectiveEmaDecay(reference)).toBeCloseTo(0.99890773, 8);
  expect(effectiveEmaDecay({ ...reference, worldSize: 1 })).toBeCloseTo(0.99986347, 8);
  // A short run of large batches: the adjustment would exceed 1 and the average follow the weights.
  expect(effectiveEmaDecay({ ...reference, epochs: 1, batchSize: 4096 })).toBe(0);
});

test('the quick start averages over 30 to 100 steps, about an epoch of its data', () => {
  const recipe = presets['quick-start'].recipe;
  const updates = 1 / (1 - effectiveEmaDecay(recipe));
  expect(updates * recipe.modelEmaSteps).toBeGreaterThan(30);
  expect(updates * recipe.modelEmaSteps).toBeLessThan(100);
});

/** The actions of whole epochs, written the way train.py's loop goes. */
function run(recipe: Recipe, epochs: number, stepsPerEpoch: number): { actions: EmaAction[][]; n: number } {
  let n = 0;
  const actions = Array.from({ length: epochs }, (_, epoch) =>
    Array.from({ length: stepsPerEpoch }, (__, stepInEpoch) => {
      const result = emaActionAt(recipe, { epoch, stepInEpoch, nAveraged: n });
      n = result.nAveraged;
      return result.action;
    }),
  );
  return { actions, n };
}

test('updates at i % steps == 0, counted anew each epoch; copies through the warmup and once after it', () => {
  const recipe: Recipe = { ...reference, lrWarmupEpochs: 1, epochs: 600, modelEmaSteps: 3 };
  const average = { averageWithDecay: effectiveEmaDecay(recipe) };
  const { actions, n } = run(recipe, 3, 5);
  expect(actions).toEqual([
    ['copy', 'skip', 'skip', 'copy', 'skip'],
    ['copy', 'skip', 'skip', average, 'skip'],
    [average, 'skip', 'skip', average, 'skip'],
  ]);
  expect(n).toBe(4);
});

test('without warmup the first update is a copy, the second an average', () => {
  const recipe: Recipe = { ...reference, lrWarmupEpochs: 0, modelEmaSteps: 1 };
  const average = { averageWithDecay: effectiveEmaDecay(recipe) };
  expect(run(recipe, 1, 3)).toEqual({ actions: [['copy', average, average]], n: 3 });
});

test('an epoch shorter than the interval still updates at its first step', () => {
  const { actions } = run({ ...reference, lrWarmupEpochs: 0 }, 2, 2);
  expect(actions.map((epoch) => epoch[1])).toEqual(['skip', 'skip']);
  expect(actions[0]?.[0]).toBe('copy');
  expect(actions[1]?.[0]).toEqual({ averageWithDecay: effectiveEmaDecay(reference) });
});

test('without EMA nothing is done', () => {
  const recipe: Recipe = { ...reference, modelEma: false };
  expect(emaActionAt(recipe, { epoch: 9, stepInEpoch: 0, nAveraged: 0 })).toEqual({
    action: 'skip',
    nAveraged: 0,
  });
});
