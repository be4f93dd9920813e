/**
 * The recipes to start from: torchvision's two for ResNet-50, and one of ours for a first run on a laptop.
 *
 * Source of `baseline` and `reference`: the command lines of the weights ResNet50_Weights.IMAGENET1K_V1 and
 * IMAGENET1K_V2 (torchvision, references/classification/README.md, and the blog post "How to Train
 * State-Of-The-Art Models Using TorchVision's Latest Primitives").
 */
import type { Recipe } from './recipe.ts';

export type PresetName = 'quick-start' | 'baseline' | 'reference';

export interface Preset {
  title: string;
  /** One sentence. */
  description: string;
  recipe: Recipe;
}

/** What train.py does when it is run without any argument, by one process. */
export const trainScriptDefaults: Recipe = {
  version: 1,
  model: 'resnet18',
  worldSize: 1,
  batchSize: 32,
  microBatchSize: null,
  epochs: 90,
  opt: 'sgd',
  momentum: 0.9,
  lr: 0.1,
  lrScheduler: 'steplr',
  lrStepSize: 30,
  lrGamma: 0.1,
  lrMin: 0,
  lrWarmupEpochs: 0,
  lrWarmupMethod: 'constant',
  lrWarmupDecay: 0.01,
  weightDecay: 1e-4,
  normWeightDecay: null,
  labelSmoothing: 0,
  clipGradNorm: null,
  mixupAlpha: 0,
  cutmixAlpha: 0,
  autoAugment: null,
  randomErase: 0,
  raSampler: false,
  raReps: 3,
  raTruncate: true,
  modelEma: false,
  modelEmaSteps: 32,
  modelEmaDecay: 0.99998,
  trainCropSize: 224,
  valResizeSize: 256,
  valCropSize: 224,
  interpolation: 'bilinear',
  trainScaleMin: 0.08,
  hflipProb: 0.5,
  seed: 0,
  limit: null,
};

const quickStart: Recipe = {
  ...trainScriptDefaults,
  model: 'resnet18',
  worldSize: 1,
  batchSize: 32,
  epochs: 12,

  // Half of the reference's 0.5 at 1024, scaled to this batch, from the first step on. Chosen
  // between 0.005 and 0.01, which were tried on the demo set in PyTorch (docs/RECIPE.md); not tried itself.
  lr: 0.0075,
  lrScheduler: 'cosineannealinglr',
  lrWarmupEpochs: 0,
  lrWarmupMethod: 'linear',
  lrWarmupDecay: 0.1,
  // Few images are learned by heart sooner than ImageNet; batch norm is left alone as in the reference.
  weightDecay: 5e-4,
  normWeightDecay: 0,
  labelSmoothing: 0.1,

  // Adjusted to this batch and run length it is 0.98 per step: the mean of about the last 50 steps, which
  // is under one epoch of 2,000 images. The reference's 0.99998 would average over a hundred times the run.
  modelEma: true,
  modelEmaSteps: 1,
  modelEmaDecay: 0.9925,

  // An object in a random crop looks larger than in the central one; resizing to a little more than the
  // crop evens that out (FixRes: Touvron et al. 2019). With gentle crops little is needed.
  trainCropSize: 64,
  valResizeSize: 72,
  valCropSize: 64,
  // Crops of 8 % often miss the object; they pay off over hundreds of epochs, not over twelve.
  trainScaleMin: 0.35,
};

const baseline: Recipe = { ...trainScriptDefaults, model: 'resnet50', worldSize: 8 };

const reference: Recipe = {
  ...baseline,
  batchSize: 128,
  epochs: 600,
  lr: 0.5,
  lrScheduler: 'cosineannealinglr',
  lrWarmupEpochs: 5,
  lrWarmupMethod: 'linear',
  weightDecay: 2e-5,
  normWeightDecay: 0,
  labelSmoothing: 0.1,
  mixupAlpha: 0.2,
  cutmixAlpha: 1,
  autoAugment: 'ta_wide',
  randomErase: 0.1,
  raSampler: true,
  raReps: 4,
  modelEma: true,
  trainCropSize: 176,
  valResizeSize: 232,
};

/** In the order to offer them; the first is the page's default. Copy a recipe before changing it. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  'quick-start': {
    title: 'Quick start',
    description: 'ResNet-18 on small images, made for 500 to 5,000 images on a laptop.',
    recipe: quickStart,
  },
  baseline: {
    title: 'Baseline (V1)',
    description: 'torchvision’s first recipe for ResNet-50: 90 epochs, step schedule, 76.1 % on ImageNet.',
    recipe: baseline,
  },
  reference: {
    title: 'Reference (V2)',
    description: 'torchvision’s state-of-the-art recipe for ResNet-50: 600 epochs, 80.9 % on ImageNet.',
    recipe: reference,
  },
};

export const presetNames = Object.keys(presets) as PresetName[];
