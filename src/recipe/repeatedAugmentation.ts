/**
 * How much repeated augmentation keeps of an epoch.
 *
 * Source: torchvision 0.14.1, references/classification/sampler.py (RASampler); the recipe reference, §4.
 */
import type { Recipe } from './recipe.ts';

/** torchvision's sampler keeps whole multiples of so many images. */
export const raMultiple = 256;

export interface RepetitionShape {
  datasetSize: number;
  worldSize: number;
  /** Keep whole multiples of 256 images, as torchvision does; else as many as the data set has. */
  truncate: boolean;
}

/**
 * Images a rank sees in an epoch: as many as without repetition. torchvision rounds them down to whole multiples of
 * 256: floor(floor(datasetSize / 256) · 256 / worldSize). Without that, ceil(datasetSize / worldSize).
 */
export function raSamplesPerRank({ datasetSize, worldSize, truncate }: RepetitionShape): number {
  return truncate
    ? Math.floor((Math.floor(datasetSize / raMultiple) * raMultiple) / worldSize)
    : Math.ceil(datasetSize / worldSize);
}

/**
 * Why repeated augmentation leaves nothing of a data set, and what to do; null where it leaves something.
 * @param images training images that are used
 */
export function emptyRepetition(
  recipe: Pick<Recipe, 'worldSize' | 'raSampler' | 'raTruncate'>,
  images: number,
): string | null {
  const { worldSize, raSampler, raTruncate: truncate } = recipe;
  if (!raSampler || !truncate) return null;
  if (raSamplesPerRank({ datasetSize: images, worldSize, truncate }) > 0) return null;
  const kept = Math.floor(images / raMultiple) * raMultiple;
  const left = kept === 0 ? 'none' : `${kept}, under one for each of ${worldSize} ranks`;
  return (
    `There are ${images} training images, but torchvision’s sampler for repeated augmentation keeps whole ` +
    `multiples of ${raMultiple}: ${left}. Set raTruncate to false, so that an epoch has as many images as ` +
    `the data set, turn raSampler off, or add images.`
  );
}
