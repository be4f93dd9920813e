/**
 * The ladder made small: the same 13 changes for a small network, small images, few images and few epochs.
 *
 * What has a size on ImageNet keeps its proportion: crops to 224 px, the warmup and the drops of the schedule to
 * the length of the run, the learning rate to the global batch, the span of the EMA to the run. The batch is the
 * same on every rung: on ImageNet it grew with the second, which in a run of few steps would only cost steps.
 */
import * as v from 'valibot';
import { recipeFields } from './fields.ts';
import { allowedValues, type NumberField } from './fieldTypes.ts';
import { rungRecipe, type RungName } from './ladder.ts';
import { globalBatchSize, scaledLearningRate } from './learningRate.ts';
import { presets } from './presets.ts';
import { modelNames, type ModelName, type Recipe } from './recipe.ts';
import { raMultiple } from './repeatedAugmentation.ts';

export interface LadderScale {
  model: ModelName;
  /** Edge of the validation crop in pixels: what 224 is on ImageNet. */
  basePx: number;
  /** Epochs of the first three rungs: the 90. */
  epochsShort: number;
  /** Epochs of the others: the 600. */
  epochsLong: number;
  worldSize: number;
  batchSize: number;
  /** Train on at most this many images; null: all. */
  limit: number | null;
  /** Smallest share of an image that a crop covers; torchvision's 0.08 often misses the object in a short run. */
  trainScaleMin: number;
  seed: number;
}

/** A first try: minutes for the whole ladder on a laptop's GPU. Four ranks, so that ×4 repeats within no batch. */
export const defaultScale: LadderScale = {
  model: 'resnet18',
  basePx: 32,
  epochsShort: 4,
  epochsLong: 12,
  worldSize: 4,
  batchSize: 16,
  limit: 2000,
  trainScaleMin: 0.35,
  seed: 0,
};

interface ScaleNumber extends Omit<NumberField, 'flag' | 'group'> {
  kind: 'integer' | 'number';
}

function like(name: 'worldSize' | 'batchSize' | 'limit' | 'trainScaleMin' | 'seed'): ScaleNumber {
  const field: NumberField = recipeFields[name];
  return field;
}

/** In the order of the form. */
export const scaleFields = {
  basePx: {
    kind: 'integer',
    label: 'Image size',
    help: 'Edge of the validation crop in pixels: what 224 is on ImageNet. Training crops and resizes follow in proportion.',
    min: 24,
    max: 512,
    step: 8,
  },
  epochsShort: {
    kind: 'integer',
    label: 'Epochs, short',
    help: 'Of the first three rungs: the 90 on ImageNet.',
    min: 1,
    max: 10_000,
    step: 1,
  },
  epochsLong: {
    kind: 'integer',
    label: 'Epochs, long',
    help: 'From “Long training” on: the 600 on ImageNet.',
    min: 1,
    max: 10_000,
    step: 1,
  },
  worldSize: like('worldSize'),
  batchSize: like('batchSize'),
  limit: like('limit'),
  trainScaleMin: like('trainScaleMin'),
  seed: like('seed'),
} satisfies Record<Exclude<keyof LadderScale, 'model'>, ScaleNumber>;

export type ScaleFieldName = keyof typeof scaleFields;
export const scaleFieldNames = Object.keys(scaleFields) as ScaleFieldName[];

function numberIn(field: ScaleNumber) {
  return v.pipe(
    v.number(),
    v.check((value) => field.kind === 'number' || Number.isInteger(value)),
    field.excludesMin ? v.gtValue(field.min) : v.minValue(field.min),
    v.maxValue(field.max),
  );
}

/** A scale of unknown origin: stored, or given on a command line. */
export const scaleSchema = v.strictObject({
  model: v.picklist(modelNames),
  basePx: numberIn(scaleFields.basePx),
  epochsShort: numberIn(scaleFields.epochsShort),
  epochsLong: numberIn(scaleFields.epochsLong),
  worldSize: numberIn(scaleFields.worldSize),
  batchSize: numberIn(scaleFields.batchSize),
  limit: v.nullable(numberIn(scaleFields.limit)),
  trainScaleMin: numberIn(scaleFields.trainScaleMin),
  seed: numberIn(scaleFields.seed),
} satisfies Record<keyof LadderScale, v.GenericSchema>);

/** What is wrong with a scale as entered, by field; empty where all is right. */
export function scaleProblems(entered: Readonly<Record<string, unknown>>): Map<string, string> {
  const result = v.safeParse(scaleSchema, entered);
  const problems = new Map<string, string>();
  if (result.success) return problems;
  for (const issue of result.issues) {
    const name = String(issue.path?.[0].key);
    const field = scaleFieldNames.find((known) => known === name);
    const allowed =
      field === undefined
        ? `one of ${modelNames.join(', ')}`
        : allowedValues({ ...scaleFields[field], flag: null, group: 'run' });
    problems.set(name, `${name} is ${String(entered[name])}, but must be ${allowed}.`);
  }
  return problems;
}

/** Edge of ImageNet's validation crop, which `basePx` stands for. */
const imageNetPx = 224;
const imageNetBatch = { baseline: 256, reference: 1024 };
const imageNetEpochs = { short: 90, long: 600 };
/** Optimizer steps of the reference on ImageNet: 600 epochs of 1,251. */
const referenceSteps = 600 * 1251;

/**
 * Images of one pass over ImageNet that the reference's EMA spans, as a share: its decay of 0.99998 an image and
 * epoch spans 1 / 0.00002 of 1,281,167 images.
 */
const emaShare = 1 / (1 - presets.reference.recipe.modelEmaDecay) / 1_281_167;

/**
 * The recipe of a rung at this scale.
 * @param trainImages images of the training split, before the scale's limit
 */
export function ladderRecipe(rung: RungName, scale: LadderScale, trainImages: number): Recipe {
  const full = rungRecipe(rung);
  const { model, worldSize, batchSize, limit, trainScaleMin, seed } = scale;
  const isLong = full.epochs === imageNetEpochs.long;
  const epochs = isLong ? scale.epochsLong : scale.epochsShort;
  const px = (sizePx: number) => Math.round((sizePx / imageNetPx) * scale.basePx);
  const isReferenceRate = full.lr === presets.reference.recipe.lr;
  const recipe: Recipe = {
    ...full,
    ...{ model, worldSize, batchSize, limit, trainScaleMin, seed, epochs },
    lr: scaledLearningRate(
      full.lr,
      isReferenceRate ? imageNetBatch.reference : imageNetBatch.baseline,
      worldSize * batchSize,
    ),
    lrStepSize: Math.max(1, Math.round((full.lrStepSize / imageNetEpochs.short) * scale.epochsShort)),
    trainCropSize: px(full.trainCropSize),
    valResizeSize: px(full.valResizeSize),
    valCropSize: px(full.valCropSize),
  };
  Object.assign(recipe, scaledWarmup(full, epochs));
  // Whole multiples of 256 would cost small data more than a hundredth of itself.
  if (full.raSampler) recipe.raTruncate = Math.min(trainImages, limit ?? Infinity) >= 100 * raMultiple;
  if (full.modelEma) Object.assign(recipe, scaledEma(recipe, trainImages));
  return recipe;
}

/**
 * A warmup of the same share of the run, at least an epoch where the run has two. Fewer epochs begin higher, so
 * that the mean rate of the warmup stays what it is over the five epochs of ImageNet: d + (1 − d)(w − 1) / 2w.
 */
function scaledWarmup(full: Recipe, epochs: number): Partial<Recipe> {
  const { lrWarmupEpochs, lrWarmupDecay } = full;
  if (lrWarmupEpochs === 0 || epochs === 1) return { lrWarmupEpochs: 0 };
  const wanted = Math.max(1, Math.round((lrWarmupEpochs / full.epochs) * epochs));
  const warmup = Math.min(wanted, epochs - 1);
  const rise = (count: number) => (count - 1) / (2 * count);
  const mean = lrWarmupDecay + (1 - lrWarmupDecay) * rise(lrWarmupEpochs);
  const start = Math.max(lrWarmupDecay, (mean - rise(warmup)) / (1 - rise(warmup)));
  return { lrWarmupEpochs: warmup, lrWarmupDecay: Number(start.toPrecision(3)) };
}

/**
 * An average over the same share of the run (3.9 %). Its span in steps is epochs / ((1 − decay) · global batch),
 * whatever the interval (ema.ts), so the decay follows from the images of an epoch; never less than the span of
 * one update. The interval is in proportion too: 1 in any run of under 35,000 steps.
 */
function scaledEma(recipe: Recipe, trainImages: number): Partial<Recipe> {
  const images = Math.max(1, Math.min(trainImages, recipe.limit ?? Infinity));
  const batch = globalBatchSize(recipe);
  const steps = Math.ceil(images / batch) * recipe.epochs;
  const interval = Math.max(1, Math.round((recipe.modelEmaSteps * steps) / referenceSteps));
  const modelEmaSteps = Math.min(recipe.modelEmaSteps, interval);
  const spanImages = Math.max(emaShare * images, (batch * modelEmaSteps) / recipe.epochs);
  return { modelEmaSteps, modelEmaDecay: Number(Math.max(0, 1 - 1 / spanImages).toPrecision(8)) };
}
