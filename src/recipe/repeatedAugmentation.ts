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
  /** How many times an image comes in the list that the ranks share out. */
  repetitions: number;
  /** Keep what torchvision keeps; else every repetition. */
  truncate: boolean;
}

/**
 * Images a rank sees in an epoch. torchvision keeps as many as without repetition, of whole multiples of 256:
 * floor(floor(datasetSize / 256) · 256 / worldSize). Not truncated, there are all repetitions:
 * ceil(datasetSize · repetitions / worldSize).
 */
export function raSamplesPerRank({ datasetSize, worldSize, repetitions, truncate }: RepetitionShape): number {
  return truncate
    ? Math.floor((Math.floor(datasetSize / raMultiple) * raMultiple) / worldSize)
    : Math.ceil((datasetSize * repetitions) / worldSize);
}

/**
 * Why repeated augmentation leaves nothing of a data set, and what to do; null where it leaves something.
 * @param images training images that are used
 */
export function emptyRepetition(
  recipe: Pick<Recipe, 'worldSize' | 'raSampler' | 'raReps' | 'raTruncate'>,
  images: number,
): string | null {
  const { worldSize, raSampler, raReps: repetitions, raTruncate: truncate } = recipe;
  if (!raSampler || !truncate) return null;
  if (raSamplesPerRank({ datasetSize: images, worldSize, repetitions, truncate }) > 0) return null;
  const kept = Math.floor(images / raMultiple) * raMultiple;
  const left = kept === 0 ? 'none' : `${kept}, under one for each of ${worldSize} ranks`;
  return (
    `There are ${images} training images, but torchvision’s sampler for repeated augmentation keeps whole ` +
    `multiples of ${raMultiple}: ${left}. Set raTruncate to false, so that every repetition of every image is ` +
    `kept (an epoch is then ${repetitions} times the data set), turn raSampler off, or add images.`
  );
}
