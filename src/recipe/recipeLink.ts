/**
 * A recipe as the query of an address, for a link that opens the page with it prepared:
 * `preset=reference&epochs=3&mixupAlpha=0`. Only what differs from the nearest named recipe is in it.
 */
import { diffFromPreset } from './fields.ts';
import { setFields } from './fieldText.ts';
import { findRecipeName, namedRecipes, type RecipeName, unknownRecipeMessage } from './namedRecipes.ts';
import type { Recipe } from './recipe.ts';

export type RecipeLinkResult =
  { ok: true; preset: RecipeName; recipe: Recipe } | { ok: false; messages: string[] };

export function printRecipeLink(preset: RecipeName, recipe: Recipe): string {
  const query = new URLSearchParams({ preset });
  for (const name of diffFromPreset(recipe, namedRecipes[preset].recipe))
    query.set(name, String(recipe[name]));
  return query.toString();
}

/** Without `preset` the fields are set on quick-start, the page's own beginning. */
export function parseRecipeLink(text: string): RecipeLinkResult {
  const query = new URLSearchParams(text);
  const messages: string[] = [];
  const given = query.get('preset') ?? 'quick-start';
  const preset = findRecipeName(given);
  if (preset === null) messages.push(unknownRecipeMessage(given));
  for (const name of new Set(query.keys())) {
    const count = query.getAll(name).length;
    if (count > 1) messages.push(`${name} is given ${String(count)} times. Leave one.`);
  }
  const assignments = [...query]
    .filter(([name]) => name !== 'preset')
    .map(([name, value]) => `${name}=${value}`);
  // Where the preset is not known its fields are checked all the same: all problems are said at once.
  const result = setFields(namedRecipes[preset ?? 'quick-start'].recipe, assignments);
  if (!result.ok) messages.push(...result.problems.map(({ message }) => message));
  if (preset === null || !result.ok || messages.length > 0) return { ok: false, messages };
  return { ok: true, preset, recipe: result.recipe };
}
