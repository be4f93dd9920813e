import { describe, expect, it } from 'vitest';
import { changedArguments, rungNames, rungRecipe, rungs, triedWithoutGain } from '../../src/recipe/ladder.ts';
import { learningRateAt } from '../../src/recipe/learningRate.ts';
import { findRecipeName, namedRecipes, recipeNames } from '../../src/recipe/namedRecipes.ts';
import { presets } from '../../src/recipe/presets.ts';
import { parseRecipe } from '../../src/recipe/validate.ts';

describe('the ladder', () => {
  it('leads from the baseline to the reference, field for field', () => {
    expect(rungRecipe('baseline')).toEqual(presets.baseline.recipe);
    expect(rungRecipe('repeated-augmentation')).toEqual(presets.reference.recipe);
  });

  it('has 13 rungs of valid recipes with the published accuracies, rising in top-1', () => {
    expect(rungs.map(({ name }) => name)).toEqual(rungNames);
    expect(rungs.map(({ acc1 }) => acc1)).toEqual([
      76.13, 76.494, 76.806, 78.606, 78.796, 79.114, 79.232, 79.51, 80.036, 80.196, 80.45, 80.674, 80.858,
    ]);
    expect(rungs.map(({ acc5 }) => acc5)).toEqual([
      92.862, 93.198, 93.272, 94.052, 94.094, 94.374, 94.536, 94.642, 94.746, 94.672, 94.908, 95.166, 95.434,
    ]);
    for (const { name, why } of rungs) {
      expect(parseRecipe(rungRecipe(name)).ok, name).toBe(true);
      expect(why.endsWith('.'), why).toBe(true);
    }
  });

  it('changes on each rung what the reference says, in torchvision’s arguments', () => {
    const changes = rungNames.map((name, i) =>
      i === 0 ? [] : changedArguments(rungRecipe(rungNames[i - 1] ?? name), rungRecipe(name)),
    );
    expect(changes).toEqual([
      [],
      [
        '--batch-size 128',
        '--lr 0.5',
        '--lr-scheduler cosineannealinglr',
        '--lr-warmup-epochs 5',
        '--lr-warmup-method linear',
      ],
      ['--auto-augment ta_wide'],
      ['--epochs 600'],
      ['--random-erase 0.1'],
      ['--label-smoothing 0.1'],
      ['--mixup-alpha 0.2'],
      ['--cutmix-alpha 1'],
      ['--weight-decay 0.00002', '--norm-weight-decay 0'],
      ['--train-crop-size 176'],
      ['--model-ema'],
      ['--val-resize-size 232'],
      ['--ra-sampler', '--ra-reps 4'],
    ]);
  });

  it('warms the second rung up from a hundredth over five epochs', () => {
    const recipe = rungRecipe('lr-optimizations');
    expect(recipe.epochs).toBe(90);
    expect(learningRateAt(recipe, 0)).toBeCloseTo(0.005, 12);
    expect(learningRateAt(recipe, 5)).toBe(0.5);
  });

  it('lists what was tried without gain; what is said to be there can be chosen', () => {
    expect(triedWithoutGain).toHaveLength(5);
    for (const opt of ['sgd_nesterov'])
      expect(parseRecipe({ ...presets.reference.recipe, opt }).ok).toBe(true);
    for (const lrScheduler of ['steplr', 'exponentiallr']) {
      expect(parseRecipe({ ...presets.reference.recipe, lrScheduler }).ok).toBe(true);
    }
  });
});

describe('named recipes', () => {
  it('are the presets and the 11 rungs between two of them', () => {
    expect(recipeNames).toHaveLength(14);
    expect(recipeNames.slice(0, 3)).toEqual(['quick-start', 'baseline', 'reference']);
    expect(namedRecipes.mixup.recipe).toEqual(rungRecipe('mixup'));
  });

  it('answers to the name of every rung, and to no other', () => {
    for (const name of rungNames) {
      const found = findRecipeName(name);
      expect(found === null ? null : namedRecipes[found].recipe, name).toEqual(rungRecipe(name));
    }
    expect(findRecipeName('toString')).toBeNull();
    expect(findRecipeName('')).toBeNull();
  });
});
