/** Which images each rank trains on in each step of an epoch: pure, so a resume rebuilds it. */
import { distributedSampleOrder } from '../data/sampleOrder.ts';
import type { SampleSource } from '../data/types.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** One forward and backward: a rank's batch, or a part of it that normalises by itself. */
export interface BatchPlan {
  step: number;
  rank: number;
  /** Place of the first image in its rank's epoch; keys the draws. */
  position: number;
  /** Indices into the training split. */
  indices: number[];
  /** Share of the mean gradient of the step. */
  gradientWeight: number;
  isLastOfStep: boolean;
}

export interface EpochShape {
  stepsPerEpoch: number;
  /** Images each rank sees in an epoch. */
  imagesPerRank: number;
  /** A last batch of one image is left out where batch norm would see a single value per channel. */
  droppedImages: number;
}

/** Images of the training split that a recipe uses. */
export function usedTrainImages(source: SampleSource, recipe: Pick<Recipe, 'limit'>): number {
  return Math.min(source.labels('train').length, recipe.limit ?? Infinity);
}

/**
 * @param trainImages images of the training split that are used
 * @param finalMapPx side of the network's last map
 */
export function epochShape(
  recipe: Pick<Recipe, 'worldSize' | 'batchSize'>,
  trainImages: number,
  finalMapPx: number,
): EpochShape {
  const perRank = Math.ceil(trainImages / recipe.worldSize);
  const lastBatch = perRank % recipe.batchSize;
  const dropsLast = finalMapPx === 1 && lastBatch === 1;
  const imagesPerRank = dropsLast ? perRank - 1 : perRank;
  return {
    stepsPerEpoch: Math.ceil(imagesPerRank / recipe.batchSize),
    imagesPerRank,
    droppedImages: dropsLast ? recipe.worldSize : 0,
  };
}

/**
 * The batches of an epoch from a step on, in the order they are computed.
 * @param subset indices into the training split that are used
 */
export function* epochBatches(
  recipe: Pick<Recipe, 'worldSize' | 'batchSize' | 'microBatchSize'>,
  subset: Int32Array,
  epoch: number,
  fromStep: number,
  shape: EpochShape,
): Generator<BatchPlan> {
  const { worldSize, batchSize } = recipe;
  const orders = Array.from({ length: worldSize }, (_, rank) =>
    distributedSampleOrder({ datasetSize: subset.length, worldSize, rank, epoch }),
  );
  for (let step = fromStep; step < shape.stepsPerEpoch; step += 1) {
    const start = step * batchSize;
    const rankImages = Math.min(batchSize, shape.imagesPerRank - start);
    const parts = splitBatch(rankImages, recipe.microBatchSize ?? rankImages);
    for (const [rank, order] of orders.entries()) {
      let position = start;
      for (const [part, size] of parts.entries()) {
        yield {
          step,
          rank,
          position,
          indices: Array.from(order.subarray(position, position + size), (index) => subset[index] ?? 0),
          gradientWeight: size / (rankImages * worldSize),
          isLastOfStep: rank === worldSize - 1 && part === parts.length - 1,
        };
        position += size;
      }
    }
  }
}

/** Parts of at most `partSize`, as equal as can be: a part of one image could not be normalised. */
function splitBatch(images: number, partSize: number): number[] {
  const parts = Math.ceil(images / partSize);
  return Array.from(
    { length: parts },
    (_, i) => Math.floor(((i + 1) * images) / parts) - Math.floor((i * images) / parts),
  );
}
