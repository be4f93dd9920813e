/** Validation with raw or EMA weights, and the few images whose predictions are shown. */
import { subsetByClass } from '../data/sampleOrder.ts';
import type { SampleSource } from '../data/types.ts';
import type { StepRunner, WeightsKind } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { ClassProbability, ValidationImagesEvent } from './events.ts';
import { addBatch, emptySums, topClasses, type EvaluationSums } from './metrics.ts';
import type { ImagePipeline } from './pipeline.ts';

/** A run with a limit validates on at most this many images: the rest would take longer than the training. */
const validationLimitOfLimitedRun = 1000;
const shownImages = 12;

/** Indices of the validation images that are used: all, or a stratified subset where the run is limited. */
export function validationIndices(source: SampleSource, recipe: Pick<Recipe, 'limit' | 'seed'>): Int32Array {
  const limit = recipe.limit === null ? null : validationLimitOfLimitedRun;
  return subsetByClass(source.labels('validation'), limit, recipe.seed);
}

/** Images to show while training, spread over the validation set so that every class has its turn. */
export function shownIndices(indices: Int32Array): Int32Array {
  const count = Math.min(shownImages, indices.length);
  return Int32Array.from(
    { length: count },
    (_, i) => indices[Math.floor(((i + 0.5) * indices.length) / count)] ?? 0,
  );
}

/**
 * Runs the validation images through the network.
 * @param onProgress called after each batch with the images done; returning false stops early
 * @returns the sums, or null when stopped
 */
export async function evaluate(
  runner: StepRunner,
  pipeline: ImagePipeline,
  indices: Int32Array,
  weights: WeightsKind,
  labelSmoothing: number,
  onProgress: (imagesDone: number) => boolean,
): Promise<EvaluationSums | null> {
  let sums = emptySums;
  for await (const batch of pipeline.validationBatches(indices)) {
    const logits = await runner.logits(batch, weights);
    batch.images.destroy();
    sums = addBatch(sums, logits, batch.labels, labelSmoothing);
    if (!onProgress(sums.images)) return null;
  }
  return sums;
}

/** What the weights say of these validation images. */
export async function predictShown(
  runner: StepRunner,
  pipeline: ImagePipeline,
  source: SampleSource,
  indices: Int32Array,
  weights: WeightsKind,
): Promise<ValidationImagesEvent['images']> {
  const shown: ValidationImagesEvent['images'] = [];
  for await (const batch of pipeline.validationBatches(indices)) {
    const rows = rowsOf(await runner.logits(batch, weights), batch.batchSize);
    batch.images.destroy();
    batch.indices.forEach((index, i) => {
      shown.push({
        index,
        fileName: source.fileName('validation', index),
        label: batch.labels[i] ?? 0,
        top: rows[i] ?? [],
      });
    });
  }
  return shown;
}

function rowsOf(logits: Float32Array, batchSize: number): ClassProbability[][] {
  const classCount = logits.length / batchSize;
  return Array.from({ length: batchSize }, (_, i) =>
    topClasses(logits.subarray(i * classCount, (i + 1) * classCount), 5),
  );
}
