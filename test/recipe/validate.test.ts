import { describe, expect, test } from 'vitest';
import { presetNames, presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { parseRecipe } from '../../src/recipe/validate.ts';

const quickStart = presets['quick-start'].recipe;

/** The only problem of a recipe with these changes. */
function problemOf(changes: Record<string, unknown>): { field: string; message: string } {
  const result = parseRecipe({ ...quickStart, ...changes });
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(changes)}`);
  expect(result.problems).toHaveLength(1);
  const [problem] = result.problems;
  if (problem === undefined) throw new Error('no problem');
  return problem;
}

test.each(presetNames)('the preset %s is valid, and comes back equal through JSON', (name) => {
  const { recipe } = presets[name];
  expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual({ ok: true, recipe });
});

describe('a wrong value is named with its field and what is allowed', () => {
  test.each<[string, unknown, string]>([
    ['epochs', 0, 'epochs is 0, but must be a whole number from 1 to 10000.'],
    ['epochs', 2.5, 'epochs is 2.5, but must be a whole number from 1 to 10000.'],
    ['epochs', '12', 'epochs is "12", but must be a whole number from 1 to 10000.'],
    ['epochs', null, 'epochs is null, but must be a whole number from 1 to 10000.'],
    ['lr', 0, 'lr is 0, but must be a number greater than 0 and at most 100.'],
    ['lr', NaN, 'lr is NaN, but must be a number greater than 0 and at most 100.'],
    ['lr', Infinity, 'lr is Infinity, but must be a number greater than 0 and at most 100.'],
    ['momentum', 1, 'momentum is 1, but must be a number from 0 and less than 1.'],
    ['hflipProb', 1.2, 'hflipProb is 1.2, but must be a number from 0 to 1.'],
    ['limit', 0, 'limit is 0, but must be a whole number from 1 to 100000000, or null (all images).'],
    ['opt', 'adam', 'opt is "adam", but must be one of sgd, sgd_nesterov.'],
    ['interpolation', 'bicubic', 'interpolation is "bicubic", but must be "bilinear".'],
    ['autoAugment', 'ra', 'autoAugment is "ra", but must be "ta_wide", or null (none).'],
    ['modelEma', 1, 'modelEma is 1, but must be true or false.'],
    ['seed', 2 ** 32, 'seed is 4294967296, but must be a whole number from 0 to 4294967295.'],
    ['version', 2, 'version is 2, but must be 1, the only version there is.'],
  ])('%s = %s', (field, value, message) => {
    expect(problemOf({ [field]: value })).toMatchObject({ field, message });
  });
});

test('limits themselves are allowed', () => {
  const changes = {
    momentum: 0,
    labelSmoothing: 0,
    lrGamma: 1,
    hflipProb: 1,
    trainScaleMin: 1,
    seed: 2 ** 32 - 1,
  };
  expect(parseRecipe({ ...quickStart, ...changes }).ok).toBe(true);
});

test('a missing field and an unknown one are named, the likely spelling with it', () => {
  const { epochs, ...rest } = quickStart;
  const result = parseRecipe({ ...rest, epoch: epochs, colour: 'red' });
  expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
    'epoch is not a field of a recipe. Did you mean epochs?',
    'colour is not a field of a recipe.',
    'epochs is missing: add it; it must be a whole number from 1 to 10000.',
  ]);
  expect(problemOf({ train_crop_size: 64 }).message).toContain('Did you mean trainCropSize?');
});

test('names of Object.prototype are unknown fields like any other', () => {
  expect(problemOf(JSON.parse('{"toString": 1}') as Record<string, unknown>).message).toMatch(
    /^toString is not/,
  );
});

test.each([null, 3, 'resnet18', [quickStart], undefined])('%s is not a recipe', (value) => {
  const result = parseRecipe(value);
  expect(result.ok ? '' : result.problems[0]?.message).toMatch(/^A recipe is an object of fields/);
});

test('a recipe from before raTruncate existed has torchvision’s', () => {
  const { raTruncate, ...older } = quickStart;
  expect(raTruncate).toBe(true);
  expect(parseRecipe(older)).toEqual({ ok: true, recipe: quickStart });
  expect(problemOf({ ...quickStart, raTruncate: 1 }).message).toMatch(/must be true or false/);
});

test('all problems come at once', () => {
  const result = parseRecipe({ ...quickStart, epochs: -1, lr: 'fast', model: 'vgg' });
  expect(result.ok ? [] : result.problems.map(({ field }) => field).sort()).toEqual([
    'epochs',
    'lr',
    'model',
  ]);
});

describe('rules between fields', () => {
  test.each<[Partial<Recipe>, string, RegExp]>([
    [
      { lrWarmupEpochs: 12, epochs: 12 },
      'lrWarmupEpochs',
      /never leave the warmup.*at most 11 or raise epochs/,
    ],
    [{ lrWarmupEpochs: 1, epochs: 1 }, 'lrWarmupEpochs', /only 1 epoch:.*Set lrWarmupEpochs to 0/],
    [{ lrWarmupEpochs: 90, epochs: 20, lrScheduler: 'steplr' }, 'lrWarmupEpochs', /only 20 epochs/],
    [{ lrMin: 1 }, 'lrMin', /above lr \(0\.0075\)/],
    [{ opt: 'sgd_nesterov', momentum: 0 }, 'momentum', /sgd_nesterov needs more than 0/],
    [{ microBatchSize: 33 }, 'microBatchSize', /more than a rank's batch \(batchSize 32\)/],
    [{ valCropSize: 80 }, 'valCropSize', /larger than valResizeSize \(72\)/],
  ])('%j', (changes, field, message) => {
    const problem = problemOf({ ...changes });
    expect(problem.field).toBe(field);
    expect(problem.message).toMatch(message);
  });

  test('and where they do not apply', () => {
    const allowed: Partial<Recipe>[] = [
      { lrWarmupEpochs: 0, epochs: 1 },
      { lrWarmupEpochs: 11, epochs: 12 },
      { lrMin: 1, lrScheduler: 'steplr' },
      { microBatchSize: 32 },
      { opt: 'sgd', momentum: 0 },
    ];
    for (const changes of allowed) expect(parseRecipe({ ...quickStart, ...changes }).ok).toBe(true);
  });
});
