/**
 * The recipe being edited. Values are kept as entered, right or wrong, so that a message can stand beside a
 * wrong one; `recipe` is the last state in which all of them were right, for previews and estimates.
 */
import { batch, computed, signal } from '@preact/signals';
import { diffFromPreset, recipeFields, type RecipeFieldName } from '../../recipe/fields.ts';
import { meaningOfNull } from '../../recipe/fieldTypes.ts';
import { namedRecipes, type RecipeName, recipeNames } from '../../recipe/namedRecipes.ts';
import { trainScriptDefaults } from '../../recipe/presets.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { parseRecipeLink } from '../../recipe/recipeLink.ts';
import { parseRecipe, type RecipeProblem } from '../../recipe/validate.ts';

export const defaultPreset: RecipeName = 'quick-start';

/** What a number field's text means: a number, null where the field may be empty, else the text itself. */
export function valueOfText(name: RecipeFieldName, text: string): unknown {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return meaningOfNull(recipeFields[name]) === null ? '' : null;
  const value = Number(trimmed);
  return Number.isNaN(value) ? text.trim() : value;
}

export class RecipeStore {
  readonly presetName = signal<RecipeName>(defaultPreset);
  readonly entered = signal<Readonly<Record<string, unknown>>>({ ...namedRecipes[defaultPreset].recipe });
  readonly recipe = signal<Recipe>(namedRecipes[defaultPreset].recipe);

  /** Wrong values, which must be put right before Train. */
  readonly problems = computed<RecipeProblem[]>(() => {
    const result = parseRecipe(this.entered.value);
    return result.ok ? [] : result.problems;
  });

  /** Every value is right by itself and beside the others. */
  readonly isValid = computed(() => this.problems.value.length === 0);

  /** Fields that differ from the preset, in the form's order. */
  readonly changed = computed<RecipeFieldName[]>(() => {
    const result = parseRecipe(this.entered.value);
    const preset = namedRecipes[this.presetName.value].recipe;
    if (result.ok) return diffFromPreset(result.recipe, preset);
    return (Object.keys(recipeFields) as RecipeFieldName[]).filter(
      (name) => this.entered.value[name] !== preset[name],
    );
  });

  problemAt(name: RecipeFieldName): string | null {
    return this.problems.value.find((problem) => problem.field === name)?.message ?? null;
  }

  set(name: RecipeFieldName, value: unknown): void {
    this.#enter({ ...this.entered.value, [name]: value });
  }

  reset(name: RecipeFieldName): void {
    this.set(name, namedRecipes[this.presetName.value].recipe[name]);
  }

  resetAll(): void {
    this.#enter({ ...namedRecipes[this.presetName.value].recipe });
  }

  choosePreset(name: RecipeName): void {
    batch(() => {
      this.presetName.value = name;
      this.resetAll();
    });
  }

  /** Takes a whole recipe (from a file, a command line, a stored run), compared with the nearest preset or rung. */
  take(given: Recipe): void {
    // A stored run may be from before a field existed.
    const recipe = { ...trainScriptDefaults, ...given };
    const distance = (name: RecipeName) => diffFromPreset(recipe, namedRecipes[name].recipe).length;
    batch(() => {
      this.presetName.value = recipeNames.reduce((best, name) =>
        distance(name) < distance(best) ? name : best,
      );
      this.#enter({ ...recipe });
    });
  }

  /** Takes the recipe of a link (recipeLink.ts). Returns what is wrong with it; nothing when it was taken. */
  takeLink(text: string): string[] {
    const result = parseRecipeLink(text);
    if (!result.ok) return result.messages;
    batch(() => {
      this.presetName.value = result.preset;
      this.#enter({ ...result.recipe });
    });
    return [];
  }

  #enter(entered: Readonly<Record<string, unknown>>): void {
    batch(() => {
      this.entered.value = entered;
      const result = parseRecipe(entered);
      if (result.ok) this.recipe.value = result.recipe;
    });
  }
}
