/**
 * The recipe being edited. Values are kept as entered, right or wrong, so that a message can stand beside a
 * wrong one; `recipe` is the last state in which all of them were right, for previews and estimates.
 */
import { batch, computed, signal } from '@preact/signals';
import { diffFromPreset, recipeFields, type RecipeFieldName } from '../../recipe/fields.ts';
import { meaningOfNull } from '../../recipe/fieldTypes.ts';
import { presets, trainScriptDefaults, type PresetName } from '../../recipe/presets.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { parseRecipe, type RecipeProblem } from '../../recipe/validate.ts';

export const defaultPreset: PresetName = 'quick-start';

/** What a number field's text means: a number, null where the field may be empty, else the text itself. */
export function valueOfText(name: RecipeFieldName, text: string): unknown {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return meaningOfNull(recipeFields[name]) === null ? '' : null;
  const value = Number(trimmed);
  return Number.isNaN(value) ? text.trim() : value;
}

export class RecipeStore {
  readonly presetName = signal<PresetName>(defaultPreset);
  readonly entered = signal<Readonly<Record<string, unknown>>>({ ...presets[defaultPreset].recipe });
  readonly recipe = signal<Recipe>(presets[defaultPreset].recipe);

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
    const preset = presets[this.presetName.value].recipe;
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
    this.set(name, presets[this.presetName.value].recipe[name]);
  }

  resetAll(): void {
    this.#enter({ ...presets[this.presetName.value].recipe });
  }

  choosePreset(name: PresetName): void {
    batch(() => {
      this.presetName.value = name;
      this.resetAll();
    });
  }

  /** Takes a whole recipe (from a file, a command line, a stored run), compared with the nearest preset. */
  take(given: Recipe): void {
    // A stored run may be from before a field existed.
    const recipe = { ...trainScriptDefaults, ...given };
    const names = Object.keys(presets) as PresetName[];
    const distance = (name: PresetName) => diffFromPreset(recipe, presets[name].recipe).length;
    batch(() => {
      this.presetName.value = names.reduce((best, name) => (distance(name) < distance(best) ? name : best));
      this.#enter({ ...recipe });
    });
  }

  #enter(entered: Readonly<Record<string, unknown>>): void {
    batch(() => {
      this.entered.value = entered;
      const result = parseRecipe(entered);
      if (result.ok) this.recipe.value = result.recipe;
    });
  }
}
