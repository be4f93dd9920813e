/**
 * The ladder: how torchvision's recipe for ResNet-50 went from 76.1 % to 80.9 % on ImageNet, in 13 rungs. Each is
 * a small change of the one before, with the accuracy its authors published.
 *
 * Source: "How to Train State-Of-The-Art Models Using TorchVision's Latest Primitives" (the PyTorch blog), best of
 * three runs; the values are the command lines of the weights IMAGENET1K_V1 and IMAGENET1K_V2.
 */
import { type RecipeFieldName, recipeFieldNames, recipeFields } from './fields.ts';
import { presets } from './presets.ts';
import type { Recipe } from './recipe.ts';

export const rungNames = [
  'baseline',
  'lr-optimizations',
  'trivial-augment',
  'long-training',
  'random-erasing',
  'label-smoothing',
  'mixup',
  'cutmix',
  'weight-decay',
  'fixres',
  'ema',
  'inference-resize',
  'repeated-augmentation',
] as const;
export type RungName = (typeof rungNames)[number];

export interface Rung {
  name: RungName;
  title: string;
  /** What it does and why, in one sentence. */
  why: string;
  /** Against the rung before; of the first, against nothing. */
  changes: Partial<Recipe>;
  /** Published on ImageNet's validation images, in per cent. */
  acc1: number;
  acc5: number;
}

export const rungs: readonly Rung[] = [
  {
    name: 'baseline',
    title: 'Baseline',
    why: 'The recipe of 2016: crops and flips, a learning rate that drops every 30 epochs, 90 epochs in all.',
    changes: {},
    acc1: 76.13,
    acc5: 92.862,
  },
  {
    name: 'lr-optimizations',
    title: 'LR optimizations',
    why: 'Larger batches bear a larger learning rate; a warmup keeps its first steps from diverging, and a cosine lowers it smoothly, so that there is no step size to tune.',
    changes: {
      batchSize: 128,
      lr: 0.5,
      lrScheduler: 'cosineannealinglr',
      lrWarmupEpochs: 5,
      lrWarmupMethod: 'linear',
    },
    acc1: 76.494,
    acc5: 93.198,
  },
  {
    name: 'trivial-augment',
    title: 'TrivialAugment',
    why: 'One random operation of random strength on each image shows the network more variety, and has nothing to tune.',
    changes: { autoAugment: 'ta_wide' },
    acc1: 76.806,
    acc5: 93.272,
  },
  {
    name: 'long-training',
    title: 'Long training',
    why: 'Varied images are not soon learned by heart: with them the network goes on improving for 600 epochs.',
    changes: { epochs: 600 },
    acc1: 78.606,
    acc5: 94.052,
  },
  {
    name: 'random-erasing',
    title: 'Random erasing',
    why: 'A box of every tenth image is blanked out, so that no single part of an object is enough to know it by.',
    changes: { randomErase: 0.1 },
    acc1: 78.796,
    acc5: 94.094,
  },
  {
    name: 'label-smoothing',
    title: 'Label smoothing',
    why: 'A tenth of each target is spread over all classes, which keeps the network from becoming overconfident.',
    changes: { labelSmoothing: 0.1 },
    acc1: 79.114,
    acc5: 94.374,
  },
  {
    name: 'mixup',
    title: 'Mixup',
    why: 'Blends of two images with blended labels make the network behave evenly between its examples.',
    changes: { mixupAlpha: 0.2 },
    acc1: 79.232,
    acc5: 94.536,
  },
  {
    name: 'cutmix',
    title: 'CutMix',
    why: 'Half of the batches have a box of another image pasted in instead, with labels by area: each part of an object has to count.',
    changes: { cutmixAlpha: 1 },
    acc1: 79.51,
    acc5: 94.642,
  },
  {
    name: 'weight-decay',
    title: 'Weight-decay tuning',
    why: 'So much augmentation regularises by itself: less weight decay is needed, and none on batch norm.',
    changes: { weightDecay: 2e-5, normWeightDecay: 0 },
    acc1: 80.036,
    acc5: 94.746,
  },
  {
    name: 'fixres',
    title: 'FixRes',
    why: 'Random crops make objects look larger than central crops do; training on 176 px evens that out for 224 px, and costs a third less.',
    changes: { trainCropSize: 176 },
    acc1: 80.196,
    acc5: 94.672,
  },
  {
    name: 'ema',
    title: 'EMA',
    why: 'A moving average of the weights is evaluated instead of the last ones: it is less noisy and a little better.',
    changes: { modelEma: true },
    acc1: 80.45,
    acc5: 94.908,
  },
  {
    name: 'inference-resize',
    title: 'Inference resize',
    why: 'Evaluating what is there anyway at a better scale: the shorter edge at 232 px instead of 256 costs nothing.',
    changes: { valResizeSize: 232 },
    acc1: 80.674,
    acc5: 95.166,
  },
  {
    name: 'repeated-augmentation',
    title: 'Repeated augmentation ×4',
    why: 'Each image comes four times in an epoch, augmented differently: steadier gradients from fewer images.',
    changes: { raSampler: true, raReps: 4 },
    acc1: 80.858,
    acc5: 95.434,
  },
];

export function isRungName(name: string): name is RungName {
  return rungNames.some((known) => known === name);
}

/** The recipe of a rung: the baseline with the changes of all rungs up to it. */
export function rungRecipe(name: RungName): Recipe {
  const upTo = rungs.slice(0, rungNames.indexOf(name) + 1);
  return Object.assign({}, presets.baseline.recipe, ...upTo.map(({ changes }) => changes)) as Recipe;
}

/** A change of one field as torchvision's argument: "--lr 0.5", "--model-ema", "no --model-ema". */
export function argumentText(name: RecipeFieldName, value: Recipe[RecipeFieldName]): string {
  const flag = recipeFields[name].flag ?? name;
  if (value === true) return flag;
  if (value === false || value === null) return `no ${flag}`;
  return `${flag} ${String(value)}`;
}

/** What the second recipe changes of the first, as arguments in the form's order. */
export function changedArguments(before: Recipe, after: Recipe): string[] {
  return recipeFieldNames
    .filter((name) => before[name] !== after[name])
    .map((name) => argumentText(name, after[name]));
}

export interface TriedWithoutGain {
  title: string;
  /** What the authors found, in one sentence. */
  finding: string;
  /** How to try it here; null where it is not built. */
  here: string | null;
}

/** What the authors also tried and left out. */
export const triedWithoutGain: readonly TriedWithoutGain[] = [
  {
    title: 'Adam, RMSProp and SGD with Nesterov momentum',
    finding: 'None was significantly better than SGD with momentum.',
    here: '--opt sgd_nesterov',
  },
  {
    title: 'Step and exponential schedules',
    finding: 'No significant gain over the cosine, and more settings to tune.',
    here: '--lr-scheduler steplr or exponentiallr',
  },
  {
    title: 'AutoAugment and RandAugment',
    finding: 'Neither was better than TrivialAugment, which has no parameters.',
    here: null,
  },
  {
    title: 'Bicubic and nearest interpolation',
    finding: 'Not significantly better than bilinear.',
    here: null,
  },
  {
    title: 'Synchronised batch norm',
    finding: 'Not significantly better than each rank normalising by itself.',
    here: null,
  },
];
