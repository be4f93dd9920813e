/**
 * The recipe: everything that decides what is trained, as one plain object.
 *
 * Field names are the arguments of torchvision's references/classification/train.py in camel case, so a
 * recipe prints as, and parses from, its command line (commandLine.ts). Fields without such an argument
 * are listed in `tabtrainOnlyFields`.
 */

export const modelNames = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] as const;
export type ModelName = (typeof modelNames)[number];

export interface Recipe {
  /** Version of this format; raised when a field changes its meaning. */
  version: 1;
  model: ModelName;

  /** Number of emulated ranks (`--nproc_per_node`): own sampling and BN statistics, averaged gradients. */
  worldSize: number;
  /** Images a rank sees per step (`--batch-size`). The global batch is worldSize · batchSize. */
  batchSize: number;
  /**
   * Split of a rank's batch that is normalised by itself; null trains the whole rank batch at once.
   * A value smaller than batchSize is another computation than torchvision's. Tabtrain only.
   */
  microBatchSize: number | null;
  epochs: number;

  opt: 'sgd' | 'sgd_nesterov';
  momentum: number;
  /** Learning rate for the global batch, reached after the warmup. */
  lr: number;
  lrScheduler: 'steplr' | 'cosineannealinglr' | 'exponentiallr';
  lrStepSize: number;
  lrGamma: number;
  lrMin: number;
  lrWarmupEpochs: number;
  lrWarmupMethod: 'linear' | 'constant';
  /** Start factor of the warmup (`--lr-warmup-decay`), in (0, 1]. */
  lrWarmupDecay: number;
  weightDecay: number;
  /** Weight decay of batch-norm γ and β; null means the same as weightDecay. */
  normWeightDecay: number | null;
  labelSmoothing: number;
  /** Global gradient norm limit (`--clip-grad-norm`); null means no clipping. */
  clipGradNorm: number | null;

  mixupAlpha: number;
  cutmixAlpha: number;
  autoAugment: 'ta_wide' | null;
  /** Probability of random erasing, in [0, 1]. */
  randomErase: number;
  raSampler: boolean;
  raReps: number;
  /**
   * Repeated augmentation keeps whole multiples of 256 images, as torchvision's sampler does; false keeps every
   * repetition. Tabtrain only.
   */
  raTruncate: boolean;

  modelEma: boolean;
  /** Optimizer steps between two EMA updates. */
  modelEmaSteps: number;
  modelEmaDecay: number;

  trainCropSize: number;
  valResizeSize: number;
  valCropSize: number;
  interpolation: 'bilinear';

  /** Smallest share of the image's area that a training crop covers (torchvision: 0.08). Tabtrain only. */
  trainScaleMin: number;
  /** Probability of a horizontal flip (torchvision: 0.5). Tabtrain only. */
  hflipProb: number;
  /** Seed of the initial weights and of everything drawn. Tabtrain only. */
  seed: number;
  /** Train on at most this many images, drawn once by seed, the same share of each class; null: all. Tabtrain only. */
  limit: number | null;
}
