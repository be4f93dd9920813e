import { describe, expect, it } from 'vitest';
import { namedRecipes, recipeNames } from '../../src/recipe/namedRecipes.ts';
import { presets } from '../../src/recipe/presets.ts';
import { parseRecipeLink, printRecipeLink } from '../../src/recipe/recipeLink.ts';

describe('links with a recipe', () => {
  it('hold only what differs from the preset', () => {
    const recipe = { ...presets.reference.recipe, epochs: 3, mixupAlpha: 0, limit: 500 };
    const link = printRecipeLink('reference', recipe);
    expect(link).toBe('preset=reference&epochs=3&limit=500&mixupAlpha=0');
  });

  it('are read back as the same recipe, for every preset and every kind of value', () => {
    for (const preset of recipeNames) {
      const recipe = {
        ...namedRecipes[preset].recipe,
        opt: 'sgd_nesterov' as const,
        modelEma: false,
        autoAugment: null,
        limit: null,
        weightDecay: 1.5e-7,
        seed: 4_294_967_295,
      };
      expect(parseRecipeLink(printRecipeLink(preset, recipe))).toEqual({ ok: true, preset, recipe });
    }
  });

  it('set fields of quick-start where they name no preset', () => {
    expect(parseRecipeLink('epochs=2')).toEqual({
      ok: true,
      preset: 'quick-start',
      recipe: { ...presets['quick-start'].recipe, epochs: 2 },
    });
  });

  it('are refused with every problem at once', () => {
    const messages = (text: string) => {
      const result = parseRecipeLink(text);
      return result.ok ? [] : result.messages;
    };
    expect(messages('preset=referense&epochs=3&epoks=2')).toEqual([
      '"referense" is not the name of a recipe. Did you mean reference?',
      expect.stringContaining('epoks is not a field of a recipe. Did you mean epochs?'),
    ]);
    expect(messages('preset=baseline&epochs=many')).toEqual([
      'epochs is "many", but must be a whole number from 1 to 10000.',
    ]);
    expect(messages('epochs=3&epochs=4')).toEqual(['epochs is given 2 times. Leave one.']);
    expect(messages('preset=reference&epochs=5')).toEqual([
      expect.stringContaining('never leave the warmup'),
    ]);
    expect(messages('preset=zzzzzz')[0]).toContain('Use one of quick-start, baseline, reference');
    expect(messages('version=2')[0]).toContain('version is not a field');
  });
});
