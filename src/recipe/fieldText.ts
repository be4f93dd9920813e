/** Field values written as text: on the command line, after `--set`, and in a `torchrun` command. */
import { isFieldName, type RecipeFieldName, recipeFieldNames, recipeFields } from './fields.ts';
import { meaningOfNull } from './fieldTypes.ts';
import type { Recipe } from './recipe.ts';
import { didYouMean } from './suggestion.ts';
import { parseRecipe, type RecipeProblem, type RecipeResult } from './validate.ts';

/**
 * The value that this text means for the field. Text that means nothing comes back as it is: validation then
 * names it, as it does a value out of range.
 */
export function readFieldText(name: RecipeFieldName, text: string): unknown {
  const field = recipeFields[name];
  if (meaningOfNull(field) !== null && /^(null|none)$/i.test(text)) return null;
  switch (field.kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'choice':
      return text;
    case 'integer':
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  }
}

/** trainCropSize, train-crop-size, train_crop_size and --train-crop-size are one name. */
export function findField(name: string): RecipeFieldName | null {
  if (isFieldName(name)) return name;
  const bare = name.replace(/^--/, '');
  const camel = bare.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return isFieldName(camel) ? camel : null;
}

/**
 * A recipe with some fields set from `name=value` texts, for example `epochs=3`, `train-crop-size=64`,
 * `modelEma=false`, `limit=null`. The result is validated as a whole.
 */
export function setFields(recipe: Recipe, assignments: readonly string[]): RecipeResult {
  const changed: Record<string, unknown> = { ...recipe };
  const problems: RecipeProblem[] = [];
  for (const assignment of assignments) {
    const [, name = '', text = ''] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(assignment) ?? [];
    const field = findField(name);
    if (name === '') {
      const message = `"${assignment}" is not an assignment. Write name=value, for example epochs=3.`;
      problems.push({ field: assignment, value: assignment, message });
    } else if (field === null) {
      const message = `${name} is not a field of a recipe.${didYouMean(name, recipeFieldNames)}`;
      problems.push({ field: name, value: text, message });
    } else {
      changed[field] = readFieldText(field, text);
    }
  }
  const result = parseRecipe(changed);
  if (!result.ok) problems.push(...result.problems);
  return problems.length > 0 ? { ok: false, problems } : result;
}
