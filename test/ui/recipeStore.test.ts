import { describe, expect, it } from 'vitest';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { RecipeStore, valueOfText } from '../../src/ui/state/recipeStore.ts';

describe('RecipeStore', () => {
  it('begins with quick start, unchanged and trainable', () => {
    const store = new RecipeStore();
    expect(store.presetName.value).toBe('quick-start');
    expect(store.changed.value).toEqual([]);
    expect(store.problems.value).toEqual([]);
  });

  it('keeps a wrong value with its message and the last right recipe for previews', () => {
    const store = new RecipeStore();
    store.set('epochs', valueOfText('epochs', 'many'));
    expect(store.entered.value['epochs']).toBe('many');
    expect(store.recipe.value.epochs).toBe(presets['quick-start'].recipe.epochs);
    expect(store.problemAt('epochs')).toContain('many');
    expect(store.isValid.value).toBe(false);
    store.reset('epochs');
    expect(store.problemAt('epochs')).toBeNull();
  });

  it('counts changes against the preset and undoes them in one step', () => {
    const store = new RecipeStore();
    store.set('lr', 0.3);
    store.set('limit', valueOfText('limit', '500'));
    expect(store.changed.value).toEqual(['limit', 'lr']);
    store.resetAll();
    expect(store.changed.value).toEqual([]);
  });

  it('has nothing against the reference recipe', () => {
    const store = new RecipeStore();
    store.choosePreset('reference');
    expect(store.isValid.value).toBe(true);
    expect(store.problems.value).toEqual([]);
    expect(store.recipe.value.epochs).toBe(600);
  });

  it('takes the recipe of a run from before a field existed as it was trained', () => {
    const { raTruncate, ...older } = presets.baseline.recipe;
    const store = new RecipeStore();
    store.take(older as Recipe);
    expect(store.recipe.value.raTruncate).toBe(raTruncate);
    expect(store.changed.value).toEqual([]);
  });

  it('takes a recipe from elsewhere and compares it with the nearest preset', () => {
    const store = new RecipeStore();
    store.take({ ...presets.baseline.recipe, epochs: 3 });
    expect(store.presetName.value).toBe('baseline');
    expect(store.changed.value).toEqual(['epochs']);
  });
});

describe('valueOfText', () => {
  it('reads numbers, empty fields and decimal commas', () => {
    expect(valueOfText('lr', ' 0.5 ')).toBe(0.5);
    expect(valueOfText('lr', '0,5')).toBe(0.5);
    expect(valueOfText('lr', '1e-3')).toBe(0.001);
    expect(valueOfText('limit', '')).toBeNull();
    expect(valueOfText('epochs', '')).toBe('');
    expect(valueOfText('epochs', 'x1')).toBe('x1');
  });
});
