/** What a valid recipe may ask for that this version cannot train: it is refused, never left out silently. */
import type { RecipeFieldName } from './fields.ts';
import type { Recipe } from './recipe.ts';
import type { RecipeProblem } from './validate.ts';

const untrainable: {
  field: RecipeFieldName;
  name: string;
  asked: (recipe: Recipe) => boolean;
  off: string;
}[] = [
  { field: 'mixupAlpha', name: 'Mixup', asked: (recipe) => recipe.mixupAlpha > 0, off: '0' },
  { field: 'cutmixAlpha', name: 'CutMix', asked: (recipe) => recipe.cutmixAlpha > 0, off: '0' },
  {
    field: 'autoAugment',
    name: 'TrivialAugment',
    asked: (recipe) => recipe.autoAugment !== null,
    off: 'null',
  },
  { field: 'randomErase', name: 'Random erasing', asked: (recipe) => recipe.randomErase > 0, off: '0' },
  { field: 'raSampler', name: 'Repeated augmentation', asked: (recipe) => recipe.raSampler, off: 'false' },
];

/** One problem for each request that has to be taken back before training; empty where there is none. */
export function notYetTrainable(recipe: Recipe): RecipeProblem[] {
  return untrainable
    .filter(({ asked }) => asked(recipe))
    .map(({ field, name, off }) => ({
      field,
      value: recipe[field],
      message:
        `${field} is ${String(recipe[field])}, but this version cannot train with it: ` +
        `${name} is not there yet. Set ${field} to ${off}.`,
    }));
}
