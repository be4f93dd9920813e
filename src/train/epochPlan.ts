/** Which images each rank trains on in each step of an epoch, and how they are mixed: pure, so a resume rebuilds it. */
import { drawBatchMix } from '../augment/draw.ts';
import type { BatchMix } from '../augment/parameters.ts';
import { distributedSampleOrder, raSampleOrder } from '../data/sampleOrder.ts';
import type { SampleSource } from '../data/types.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { raSamplesPerRank } from '../recipe/repeatedAugmentation.ts';

/** One forward and backward: a rank's batch, or a part of it that normalises by itself. */
export interface BatchPlan {
  step: number;
  rank: number;
  /** Place of the first image in its rank's epoch; keys the draws. */
  position: number;
  /** Indices into the training split. */
  indices: number[];
  /** How the rank's whole batch is mixed; null where it is not. */
  mix: BatchMix | null;
  /**
   * What the first image is mixed with where that is not the last of these: in a part of a rank's batch, the image
   * before the part (of the first part, the last of the batch). Null where the part is the batch, or nothing is mixed.
   */
  partner: { index: number; position: number } | null;
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

type SamplerRecipe = Pick<Recipe, 'worldSize' | 'raSampler' | 'raReps' | 'raTruncate'>;

/** What of a recipe decides the batches. */
export type PlanRecipe = SamplerRecipe &
  Pick<Recipe, 'batchSize' | 'microBatchSize' | 'mixupAlpha' | 'cutmixAlpha' | 'trainCropSize' | 'seed'>;

/** Images of the training split that a recipe uses. */
export function usedTrainImages(source: SampleSource, recipe: Pick<Recipe, 'limit'>): number {
  return Math.min(source.labels('train').length, recipe.limit ?? Infinity);
}

/**
 * @param trainImages images of the training split that are used
 * @param finalMapPx side of the network's last map
 */
export function epochShape(
  recipe: SamplerRecipe & Pick<Recipe, 'batchSize'>,
  trainImages: number,
  finalMapPx: number,
): EpochShape {
  const { worldSize, raSampler, raTruncate: truncate } = recipe;
  const perRank = raSampler
    ? raSamplesPerRank({ datasetSize: trainImages, worldSize, truncate })
    : Math.ceil(trainImages / worldSize);
  const lastBatch = perRank % recipe.batchSize;
  const dropsLast = finalMapPx === 1 && lastBatch === 1;
  const imagesPerRank = dropsLast ? perRank - 1 : perRank;
  return {
    stepsPerEpoch: Math.ceil(imagesPerRank / recipe.batchSize),
    imagesPerRank,
    droppedImages: dropsLast ? worldSize : 0,
  };
}

/**
 * The batches of an epoch from a step on, in the order they are computed.
 * @param subset indices into the training split that are used
 */
export function* epochBatches(
  recipe: PlanRecipe,
  subset: Int32Array,
  epoch: number,
  fromStep: number,
  shape: EpochShape,
): Generator<BatchPlan> {
  const orders = rankOrders(recipe, subset, epoch);
  for (let step = fromStep; step < shape.stepsPerEpoch; step += 1) {
    yield* stepBatches(recipe, orders, epoch, step, shape);
  }
}

/**
 * The batches of one step, to look at or to rebuild; none past the epoch's last.
 * @param subset indices into the training split that are used
 * @param step within the epoch
 */
export function batchesOfStep(
  recipe: PlanRecipe,
  subset: Int32Array,
  epoch: number,
  step: number,
  shape: EpochShape,
): BatchPlan[] {
  if (step >= shape.stepsPerEpoch) return [];
  return [...stepBatches(recipe, rankOrders(recipe, subset, epoch), epoch, step, shape)];
}

/** Each rank's samples of an epoch, as indices into the training split. */
function rankOrders(recipe: SamplerRecipe, subset: Int32Array, epoch: number): Int32Array[] {
  const { worldSize, raSampler, raReps: repetitions, raTruncate: truncate } = recipe;
  return Array.from({ length: worldSize }, (_, rank) => {
    const request = { datasetSize: subset.length, worldSize, rank, epoch };
    const order = raSampler
      ? raSampleOrder({ ...request, repetitions, truncate })
      : distributedSampleOrder(request);
    return Int32Array.from(order, (index) => subset[index] ?? 0);
  });
}

function* stepBatches(
  recipe: PlanRecipe,
  orders: readonly Int32Array[],
  epoch: number,
  step: number,
  shape: EpochShape,
): Generator<BatchPlan> {
  const { batchSize, worldSize, seed } = recipe;
  const start = step * batchSize;
  const rankImages = Math.min(batchSize, shape.imagesPerRank - start);
  const parts = splitBatch(rankImages, recipe.microBatchSize ?? rankImages);
  for (const [rank, order] of orders.entries()) {
    const mix = drawBatchMix(recipe, { seed, epoch, rank, step }, recipe.trainCropSize);
    const isMixedAcross = mix !== null && parts.length > 1;
    let position = start;
    for (const [part, size] of parts.entries()) {
      const before = (position === start ? start + rankImages : position) - 1;
      yield {
        step,
        rank,
        position,
        indices: [...order.subarray(position, position + size)],
        mix,
        partner: isMixedAcross ? { index: order[before] ?? 0, position: before } : null,
        gradientWeight: size / (rankImages * worldSize),
        isLastOfStep: rank === worldSize - 1 && part === parts.length - 1,
      };
      position += size;
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
