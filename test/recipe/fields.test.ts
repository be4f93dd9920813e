import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  diffFromPreset,
  recipeFieldNames,
  recipeFields,
  tabtrainOnlyFields,
} from '../../src/recipe/fields.ts';
import { setFields } from '../../src/recipe/fieldText.ts';
import { presetNames, presets, trainScriptDefaults } from '../../src/recipe/presets.ts';

const quickStart = presets['quick-start'].recipe;

describe('the fields’ table', () => {
  test('describes every field of a recipe but its version, once', () => {
    expect([...recipeFieldNames, 'version'].sort()).toEqual(Object.keys(trainScriptDefaults).sort());
    const labels = recipeFieldNames.map((name) => recipeFields[name].label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('names torchvision’s flags after the fields', () => {
    const flags = recipeFieldNames
      .filter((name) => name !== 'worldSize')
      .map((name) => [name, recipeFields[name].flag]);
    for (const [name, flag] of flags) {
      if (flag === null) continue;
      expect(flag).toBe(`--${(name ?? '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    }
    expect(tabtrainOnlyFields).toEqual([
      'microBatchSize',
      'seed',
      'limit',
      'trainScaleMin',
      'hflipProb',
      'raTruncate',
    ]);
  });

  test('helps in one sentence', () => {
    for (const name of recipeFieldNames) expect(recipeFields[name].help).toMatch(/^[A-Z][^]*\.$/);
  });
});

test('changed fields, in the form’s order', () => {
  expect(diffFromPreset(quickStart, quickStart)).toEqual([]);
  expect(
    diffFromPreset({ ...quickStart, limit: 100, epochs: 3, autoAugment: 'ta_wide' }, quickStart),
  ).toEqual(['epochs', 'limit', 'autoAugment']);
});

describe('name=value', () => {
  test('numbers, truth values, null and choices, by camel case, dashes or flag', () => {
    const result = setFields(quickStart, [
      'epochs=3',
      'train-crop-size=32',
      '--val_crop_size = 32 ',
      'lr=1e-2',
      'modelEma=false',
      'normWeightDecay=none',
      'limit=1200',
      'lrScheduler=steplr',
    ]);
    expect(result).toEqual({
      ok: true,
      recipe: {
        ...quickStart,
        epochs: 3,
        trainCropSize: 32,
        valCropSize: 32,
        lr: 0.01,
        modelEma: false,
        normWeightDecay: null,
        limit: 1200,
        lrScheduler: 'steplr',
      },
    });
  });

  test('the last assignment of a field counts', () => {
    expect(setFields(quickStart, ['epochs=3', 'epochs=4'])).toMatchObject({
      ok: true,
      recipe: { epochs: 4 },
    });
  });

  test.each([
    ['epoch=3', 'epoch is not a field of a recipe. Did you mean epochs?'],
    ['epochs', '"epochs" is not an assignment. Write name=value, for example epochs=3.'],
    ['epochs=', 'epochs is "", but must be a whole number from 1 to 10000.'],
    ['epochs=null', 'epochs is "null", but must be a whole number from 1 to 10000.'],
    ['modelEma=yes', 'modelEma is "yes", but must be true or false.'],
    ['version=2', 'version is not a field of a recipe.'],
    ['constructor=2', 'constructor is not a field of a recipe.'],
    [
      'lrWarmupEpochs=12',
      expect.stringMatching(/^lrWarmupEpochs is 12, but the run has only 12 epochs/) as string,
    ],
  ])('%s', (assignment, message) => {
    const result = setFields(quickStart, [assignment]);
    expect(result.ok ? [] : result.problems.map((problem) => problem.message)).toEqual([message]);
  });
});

test('docs/RECIPE.md has every field with its values in the presets', () => {
  const lines = readFileSync(new URL('../../docs/RECIPE.md', import.meta.url), 'utf8').split('\n');
  const rows = recipeFieldNames.map((name) => {
    const { flag, help } = recipeFields[name];
    const values = presetNames.map((preset) => String(presets[preset].recipe[name]));
    return `| ${[name, flag === null ? 'none' : `\`${flag}\``, ...values, help].join(' | ')} |`;
  });
  expect(
    lines.filter((line) => rows.includes(line) || /^\| [a-z][A-Za-z]+ \| (none|`--)/.test(line)),
  ).toEqual(rows);
});
