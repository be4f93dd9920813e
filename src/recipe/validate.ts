/**
 * Is this a recipe that can be trained? Answers with every problem at once, each naming the field, its value
 * and what is allowed.
 */
import * as v from 'valibot';
import { isFieldName, type RecipeFieldName, recipeFieldNames, recipeFields } from './fields.ts';
import { allowedValues, type NumberField } from './fieldTypes.ts';
import type { Recipe } from './recipe.ts';
import { didYouMean } from './suggestion.ts';

export interface RecipeProblem {
  /** Name of the recipe's field, or of what was given instead of one. */
  field: string;
  value: unknown;
  /** Names the field and the value, and says what is allowed or what to do. */
  message: string;
}

export type RecipeResult = { ok: true; recipe: Recipe } | { ok: false; problems: RecipeProblem[] };

/** A number within the range that the field's description gives. */
function numberIn(field: NumberField) {
  return v.pipe(
    v.number(),
    v.check((value) => field.kind === 'number' || Number.isInteger(value)),
    field.excludesMin ? v.gtValue(field.min) : v.minValue(field.min),
    field.excludesMax ? v.ltValue(field.max) : v.maxValue(field.max),
  );
}

const recipeSchema = v.object({
  version: v.literal(1),
  model: v.picklist(recipeFields.model.options),
  worldSize: numberIn(recipeFields.worldSize),
  batchSize: numberIn(recipeFields.batchSize),
  microBatchSize: v.nullable(numberIn(recipeFields.microBatchSize)),
  epochs: numberIn(recipeFields.epochs),
  opt: v.picklist(recipeFields.opt.options),
  momentum: numberIn(recipeFields.momentum),
  lr: numberIn(recipeFields.lr),
  lrScheduler: v.picklist(recipeFields.lrScheduler.options),
  lrStepSize: numberIn(recipeFields.lrStepSize),
  lrGamma: numberIn(recipeFields.lrGamma),
  lrMin: numberIn(recipeFields.lrMin),
  lrWarmupEpochs: numberIn(recipeFields.lrWarmupEpochs),
  lrWarmupMethod: v.picklist(recipeFields.lrWarmupMethod.options),
  lrWarmupDecay: numberIn(recipeFields.lrWarmupDecay),
  weightDecay: numberIn(recipeFields.weightDecay),
  normWeightDecay: v.nullable(numberIn(recipeFields.normWeightDecay)),
  labelSmoothing: numberIn(recipeFields.labelSmoothing),
  clipGradNorm: v.nullable(numberIn(recipeFields.clipGradNorm)),
  mixupAlpha: numberIn(recipeFields.mixupAlpha),
  cutmixAlpha: numberIn(recipeFields.cutmixAlpha),
  autoAugment: v.nullable(v.picklist(recipeFields.autoAugment.options)),
  randomErase: numberIn(recipeFields.randomErase),
  raSampler: v.boolean(),
  raReps: numberIn(recipeFields.raReps),
  // Recipes from before the field existed are torchvision's.
  raTruncate: v.optional(v.boolean(), true),
  modelEma: v.boolean(),
  modelEmaSteps: numberIn(recipeFields.modelEmaSteps),
  modelEmaDecay: numberIn(recipeFields.modelEmaDecay),
  trainCropSize: numberIn(recipeFields.trainCropSize),
  valResizeSize: numberIn(recipeFields.valResizeSize),
  valCropSize: numberIn(recipeFields.valCropSize),
  interpolation: v.picklist(recipeFields.interpolation.options),
  trainScaleMin: numberIn(recipeFields.trainScaleMin),
  hflipProb: numberIn(recipeFields.hflipProb),
  seed: numberIn(recipeFields.seed),
  limit: v.nullable(numberIn(recipeFields.limit)),
} satisfies Record<keyof Recipe, v.GenericSchema>);

const knownNames: readonly string[] = [...recipeFieldNames, 'version'];

/** A value as a person would write it in a recipe file. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text: unknown = JSON.stringify(value);
  if (typeof text !== 'string') return typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function fieldProblem(name: string, given: Record<string, unknown>): RecipeProblem {
  const allowed = isFieldName(name) ? allowedValues(recipeFields[name]) : '1, the only version there is';
  const value = given[name];
  const message = Object.hasOwn(given, name)
    ? `${name} is ${shown(value)}, but must be ${allowed}.`
    : `${name} is missing: add it; it must be ${allowed}.`;
  return { field: name, value, message };
}

/** Rules between fields; only asked when each field is right by itself. */
function crossFieldProblems(recipe: Recipe): RecipeProblem[] {
  const problems: RecipeProblem[] = [];
  const report = (field: RecipeFieldName, message: string) => {
    problems.push({ field, value: recipe[field], message });
  };
  if (recipe.lrWarmupEpochs > 0 && recipe.lrWarmupEpochs >= recipe.epochs) {
    const remedy =
      recipe.epochs === 1
        ? 'Set lrWarmupEpochs to 0 or raise epochs.'
        : `Set lrWarmupEpochs to at most ${recipe.epochs - 1} or raise epochs.`;
    report(
      'lrWarmupEpochs',
      `lrWarmupEpochs is ${recipe.lrWarmupEpochs}, but the run has only ${recipe.epochs} ` +
        `epoch${recipe.epochs === 1 ? '' : 's'}: it would never leave the warmup. ${remedy}`,
    );
  }
  if (recipe.lrScheduler === 'cosineannealinglr' && recipe.lrMin > recipe.lr) {
    report(
      'lrMin',
      `lrMin is ${recipe.lrMin}, above lr (${recipe.lr}): the cosine would rise instead of fall. ` +
        'Set lrMin to lr or less.',
    );
  }
  if (recipe.opt === 'sgd_nesterov' && recipe.momentum === 0) {
    report('momentum', 'momentum is 0, but sgd_nesterov needs more than 0. Raise it, or set opt to sgd.');
  }
  if (recipe.microBatchSize !== null && recipe.microBatchSize > recipe.batchSize) {
    report(
      'microBatchSize',
      `microBatchSize is ${recipe.microBatchSize}, more than a rank's batch (batchSize ${recipe.batchSize}). ` +
        'Set it to at most batchSize, or to null for the whole batch.',
    );
  }
  if (recipe.valCropSize > recipe.valResizeSize) {
    report(
      'valCropSize',
      `valCropSize is ${recipe.valCropSize}, larger than valResizeSize (${recipe.valResizeSize}): the crop ` +
        'would be padded with black. Raise valResizeSize or lower valCropSize.',
    );
  }
  return problems;
}

/**
 * Checks a value of unknown origin (a file, a message, a form) against the recipe format.
 * Unknown fields are problems too: a misspelt one must not be left out silently.
 */
export function parseRecipe(value: unknown): RecipeResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `A recipe is an object of fields such as {"model": "resnet18", "epochs": 12, …}, but this is ${shown(value)}.`;
    return { ok: false, problems: [{ field: 'recipe', value, message }] };
  }
  const given = value as Record<string, unknown>;
  const problems: RecipeProblem[] = Object.keys(given)
    .filter((name) => !knownNames.includes(name))
    .map((name) => ({
      field: name,
      value: given[name],
      message: `${name} is not a field of a recipe.${didYouMean(name, knownNames)}`,
    }));

  const result = v.safeParse(recipeSchema, given);
  if (!result.success) {
    const failed = new Set(result.issues.map((issue) => String(issue.path?.[0].key)));
    problems.push(...[...failed].map((name) => fieldProblem(name, given)));
    return { ok: false, problems };
  }
  problems.push(...crossFieldProblems(result.output));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, recipe: result.output };
}
