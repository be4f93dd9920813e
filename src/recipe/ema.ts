/**
 * The exponential moving average of the weights: when it is updated, and how strongly.
 *
 * Source: torchvision 0.14.1, references/classification/train.py (`train_one_epoch`, `main`) and utils.py
 * (`ExponentialMovingAverage`), on torch.optim.swa_utils.AveragedModel. The average covers parameters and
 * buffers; `num_batches_tracked` is averaged like the rest and truncated to an integer.
 */
import type { Recipe } from './recipe.ts';

export type EmaAction =
  | 'skip'
  /** The average becomes the weights. */
  | 'copy'
  /** average = averageWithDecay · average + (1 − averageWithDecay) · weights. */
  | { averageWithDecay: number };

export interface EmaStep {
  epoch: number;
  /** Optimizer step within the epoch, from 0: the count of updates begins anew each epoch. */
  stepInEpoch: number;
  /** Updates the average holds, torch's `n_averaged`. */
  nAveraged: number;
}

/**
 * The decay of one update after train.py's adjustment, in [0, 1]:
 * 1 − min(1, (1 − modelEmaDecay) · worldSize · batchSize · modelEmaSteps / epochs).
 */
export function effectiveEmaDecay(recipe: Recipe): number {
  const adjustment = (recipe.worldSize * recipe.batchSize * recipe.modelEmaSteps) / recipe.epochs;
  return 1 - Math.min(1, (1 - recipe.modelEmaDecay) * adjustment);
}

/**
 * What to do after an optimizer step, and `nAveraged` afterwards. During the warmup `nAveraged` goes back to 0
 * after each update, so that these updates, and the first one after the warmup, are plain copies.
 */
export function emaActionAt(recipe: Recipe, step: EmaStep): { action: EmaAction; nAveraged: number } {
  if (!recipe.modelEma || step.stepInEpoch % recipe.modelEmaSteps !== 0) {
    return { action: 'skip', nAveraged: step.nAveraged };
  }
  return {
    action: step.nAveraged === 0 ? 'copy' : { averageWithDecay: effectiveEmaDecay(recipe) },
    nAveraged: step.epoch < recipe.lrWarmupEpochs ? 0 : step.nAveraged + 1,
  };
}
