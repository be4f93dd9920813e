/** Every recipe with a name: the three presets, and the ladder's rungs between baseline and reference. */
import { type RungName, rungRecipe, rungs } from './ladder.ts';
import { type Preset, type PresetName, presetNames, presets } from './presets.ts';
import { didYouMean } from './suggestion.ts';

/** The first rung is the baseline, the last the reference. */
export type RecipeName = PresetName | Exclude<RungName, 'repeated-augmentation'>;

export const namedRecipes = {
  ...presets,
  ...Object.fromEntries(
    rungs.slice(1, -1).map((rung, i): [string, Preset] => [
      rung.name,
      {
        title: `${String(i + 2)} ${rung.title}`,
        description: `Rung ${String(i + 2)} of ${String(rungs.length)}, ${rung.acc1.toFixed(1)} % on ImageNet. ${rung.why}`,
        recipe: rungRecipe(rung.name),
      },
    ]),
  ),
} as Readonly<Record<RecipeName, Preset>>;

/** The presets first. */
export const recipeNames = Object.keys(namedRecipes) as RecipeName[];

/** The rungs that are not presets already: all but the first and the last. */
export const middleRungNames = recipeNames.slice(presetNames.length);

/** The recipe that this text names, by any rung's name too; null where there is none. */
export function findRecipeName(text: string): RecipeName | null {
  if (text === 'repeated-augmentation') return 'reference';
  return recipeNames.find((name) => name === text) ?? null;
}

/** A sentence for a name that there is not. */
export function unknownRecipeMessage(text: string): string {
  const guess = didYouMean(text, recipeNames);
  return (
    `"${text}" is not the name of a recipe.` +
    (guess === '' ? ` Use one of ${presetNames.join(', ')}, or a rung of the ladder.` : guess)
  );
}
