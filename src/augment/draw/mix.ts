/**
 * Draws how a batch is mixed, and mixes its targets.
 *
 * Source: torchvision 0.14.1, references/classification/transforms.py (RandomMixup, RandomCutmix) and train.py: with
 * both on, each batch gets one of the two, evenly. The batch is a rank's, a partial last one as well.
 */
import { randomStream, type RandomStream } from '../../recipe/random.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import type { BatchMix, PixelBox } from '../parameters.ts';
import { drawSymmetricBeta } from './beta.ts';

/** Which batch of which run: `step` counts within the epoch. */
export interface BatchKey {
  seed: number;
  epoch: number;
  rank: number;
  step: number;
}

/**
 * Null where the recipe mixes nothing.
 * @param sizePx edge of the square images
 */
export function drawBatchMix(
  recipe: Pick<Recipe, 'mixupAlpha' | 'cutmixAlpha'>,
  { step, ...key }: BatchKey,
  sizePx: number,
): BatchMix | null {
  const { mixupAlpha, cutmixAlpha } = recipe;
  if (mixupAlpha === 0 && cutmixAlpha === 0) return null;
  const random = randomStream({ ...key, position: step, purpose: 'batchMix' });
  // Drawn in any case, so that λ does not depend on whether there is a choice.
  const prefersCutmix = random.integer(2) === 1;
  const isCutmix = mixupAlpha === 0 || (cutmixAlpha > 0 && prefersCutmix);
  // torch draws it in float32.
  const drawnLambda = Math.fround(drawSymmetricBeta(isCutmix ? cutmixAlpha : mixupAlpha, random));
  if (!isCutmix) return { kind: 'mixup', lambda: drawnLambda };
  return { kind: 'cutmix', drawnLambda, ...cutmixBox(sizePx, sizePx, drawnLambda, random) };
}

/**
 * CutMix's box for a drawn λ, and the λ that its area makes.
 * @param random takes the centre's column, then its row
 */
export function cutmixBox(
  widthPx: number,
  heightPx: number,
  drawnLambda: number,
  random: Pick<RandomStream, 'integer'>,
): { box: PixelBox; lambda: number } {
  const centerX = random.integer(widthPx);
  const centerY = random.integer(heightPx);
  const share = 0.5 * Math.sqrt(1 - drawnLambda);
  const halfWidth = Math.trunc(share * widthPx);
  const halfHeight = Math.trunc(share * heightPx);
  const leftPx = Math.max(0, centerX - halfWidth);
  const topPx = Math.max(0, centerY - halfHeight);
  const box = {
    leftPx,
    topPx,
    widthPx: Math.min(widthPx, centerX + halfWidth) - leftPx,
    heightPx: Math.min(heightPx, centerY + halfHeight) - topPx,
  };
  return { box, lambda: 1 - (box.widthPx * box.heightPx) / (widthPx * heightPx) };
}

/**
 * Soft targets, f32 [labels.length, classCount]: λ of an image's own class and 1 − λ of its partner's, the label
 * before it; one-hot without a mix.
 * @param partnerOfFirst label of the image before the first: the last of the rank's batch, which may lie elsewhere
 */
export function mixedTargets(
  labels: readonly number[],
  partnerOfFirst: number,
  classCount: number,
  mix: BatchMix | null,
): Float32Array {
  const targets = new Float32Array(labels.length * classCount);
  const own = mix === null ? 1 : mix.lambda;
  labels.forEach((label, i) => {
    const partner = labels[i - 1] ?? partnerOfFirst;
    const row = i * classCount;
    targets[row + label] = own;
    // The same class gets both shares.
    targets[row + partner] = (targets[row + partner] ?? 0) + (1 - own);
  });
  return targets;
}
