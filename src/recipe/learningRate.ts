/**
 * The learning rate of an epoch, in closed form, so that resuming needs no scheduler to be replayed.
 *
 * Equals torch 1.13.1's SequentialLR([LinearLR or ConstantLR, main], milestones=[lrWarmupEpochs]) as train.py
 * builds it: one step an epoch, and the main schedule counts its epochs from the end of the warmup.
 */
import type { Recipe } from './recipe.ts';

function mainLearningRate(recipe: Recipe, epochsSinceWarmup: number): number {
  switch (recipe.lrScheduler) {
    case 'steplr':
      return recipe.lr * recipe.lrGamma ** Math.floor(epochsSinceWarmup / recipe.lrStepSize);
    case 'exponentiallr':
      return recipe.lr * recipe.lrGamma ** epochsSinceWarmup;
    case 'cosineannealinglr': {
      const progress = epochsSinceWarmup / (recipe.epochs - recipe.lrWarmupEpochs);
      return recipe.lrMin + ((recipe.lr - recipe.lrMin) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
  }
}

/** The learning rate of all steps of this epoch (an integer from 0 to under recipe.epochs). */
export function learningRateAt(recipe: Recipe, epoch: number): number {
  const warmup = recipe.lrWarmupEpochs;
  if (epoch >= warmup) return mainLearningRate(recipe, epoch - warmup);
  const start = recipe.lrWarmupDecay;
  const factor = recipe.lrWarmupMethod === 'constant' ? start : start + ((1 - start) * epoch) / warmup;
  return recipe.lr * factor;
}

/** Images per optimizer step, over all ranks. */
export function globalBatchSize(recipe: Recipe): number {
  return recipe.worldSize * recipe.batchSize;
}

/** Linear scaling (Goyal et al. 2017): the learning rate in proportion to the global batch, in images. */
export function scaledLearningRate(
  referenceLr: number,
  referenceGlobalBatch: number,
  globalBatch: number,
): number {
  // Twelve digits: 0.1 · 96 / 32 is to be shown and saved as 0.3.
  return Number(((referenceLr * globalBatch) / referenceGlobalBatch).toPrecision(12));
}

export interface ScalingSuggestion {
  /** The learning rate to set. */
  lr: number;
  /** One sentence that says why. */
  message: string;
}

/**
 * Another learning rate to offer where the recipe's global batch is not that of the preset it comes from;
 * null where the batches are equal or the learning rate is scaled already.
 */
export function suggestLinearScaling(recipe: Recipe, presetRecipe: Recipe): ScalingSuggestion | null {
  const globalBatch = globalBatchSize(recipe);
  const presetBatch = globalBatchSize(presetRecipe);
  const lr = scaledLearningRate(presetRecipe.lr, presetBatch, globalBatch);
  if (globalBatch === presetBatch || recipe.lr === lr) return null;
  return {
    lr,
    message:
      `The preset’s learning rate ${presetRecipe.lr} belongs to a global batch of ${presetBatch}; ` +
      `scaled to this recipe’s ${globalBatch} it is ${lr}.`,
  };
}
