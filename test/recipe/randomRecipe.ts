/** Valid recipes with every field drawn at random, for round trips. */
import { recipeFieldNames, recipeFields } from '../../src/recipe/fields.ts';
import { meaningOfNull } from '../../src/recipe/fieldTypes.ts';
import { trainScriptDefaults } from '../../src/recipe/presets.ts';
import { randomStream } from '../../src/recipe/random.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { parseRecipe } from '../../src/recipe/validate.ts';

/** Draws until the rules between fields are met too. */
export function randomRecipe(index: number): Recipe {
  const stream = randomStream({ seed: 1, epoch: 0, rank: 0, position: index, purpose: 'subset' });
  for (let attempt = 0; attempt < 1000; attempt++) {
    const drawn: Record<string, unknown> = { ...trainScriptDefaults };
    for (const name of recipeFieldNames) {
      const field = recipeFields[name];
      if (stream.integer(3) === 0) continue;
      if (meaningOfNull(field) !== null && stream.integer(4) === 0) {
        drawn[name] = null;
      } else if (field.kind === 'boolean') {
        drawn[name] = stream.integer(2) === 1;
      } else if (field.kind === 'choice') {
        drawn[name] = field.options[stream.integer(field.options.length)];
      } else if (field.kind === 'integer') {
        drawn[name] = field.min + stream.integer(field.max - field.min + 1);
      } else {
        // Also tiny numbers, which are written with an exponent.
        const share = stream.uniform() ** (stream.integer(2) === 0 ? 1 : 12);
        drawn[name] = field.min + (field.max - field.min) * share;
      }
    }
    const result = parseRecipe(drawn);
    if (result.ok) return result.recipe;
  }
  throw new Error(`No valid recipe in 1000 attempts (index ${index}).`);
}
