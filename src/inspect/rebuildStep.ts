/**
 * The batches of any training step, built again from nothing but the recipe, the data set and the step's number: with
 * the planning, the draws and the kernels that train, so that their bytes are the same.
 */
import type { SampleSource } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import { readBuffer } from '../engine/runtime/readBuffer.ts';
import { combineFingerprints } from '../train/batchFingerprint.ts';
import { batchesOfStep } from '../train/epochPlan.ts';
import { ImagePipeline, type TrainingImages } from '../train/pipeline.ts';
import { trainingPlan } from '../train/trainingPlan.ts';
import { pictureOfTensor } from './picture.ts';
import type { StepBatch, StepQuestion, StepSample } from './types.ts';

/**
 * @param source the run's data set
 * @param rank the one whose images are shown; the fingerprint is of all ranks' batches
 * @throws RangeError where the run has no such step or rank
 */
export async function rebuildStep(
  engine: EngineDevice,
  source: SampleSource,
  { recipe, step }: StepQuestion,
  rank: number,
): Promise<StepBatch> {
  const { subset, shape } = trainingPlan(recipe, source);
  const { stepsPerEpoch } = shape;
  const epoch = Math.floor((step - 1) / stepsPerEpoch);
  const stepInEpoch = (step - 1) % stepsPerEpoch;
  const plans = batchesOfStep(recipe, subset, epoch, stepInEpoch, shape);
  const shown = plans.find((plan) => plan.rank === rank);
  if (step < 1 || epoch >= recipe.epochs || shown === undefined) {
    throw new RangeError(
      `There is no step ${step} of rank ${rank}: the run has ${stepsPerEpoch * recipe.epochs} steps of ${recipe.worldSize} ranks. Choose another.`,
    );
  }
  const pipeline = new ImagePipeline(engine, source, recipe);
  const fingerprints: string[] = [];
  const samples: StepSample[] = [];
  try {
    for (const plan of plans) {
      const batch = await pipeline.prepare(plan, epoch);
      try {
        fingerprints.push(await batch.fingerprint);
        if (plan.rank === rank) samples.push(...(await samplesOf(engine, source, batch)));
      } finally {
        batch.images.destroy();
      }
    }
  } finally {
    pipeline.destroy();
  }
  return {
    epoch,
    stepInEpoch,
    stepsPerEpoch,
    ranks: recipe.worldSize,
    rank,
    mix: shown.mix,
    samples,
    fingerprint: combineFingerprints(fingerprints),
  };
}

/** A batch (or a part of one) as pictures. */
async function samplesOf(
  engine: EngineDevice,
  source: SampleSource,
  { images, plan, labels, targets, parameters, sizePx }: TrainingImages,
): Promise<StepSample[]> {
  const values = await readBuffer(engine.device, images, 0, images.size);
  const imageLength = sizePx * sizePx * 3;
  const classCount = source.summary.classes.length;
  return plan.indices.flatMap((index, i) => {
    const [label, drawn] = [labels[i], parameters[i]];
    if (label === undefined || drawn === undefined) return [];
    const row = [...targets.subarray(i * classCount, (i + 1) * classCount)];
    return [
      {
        index,
        fileName: source.fileName('train', index),
        label,
        parameters: drawn,
        targets: row
          .map((share, classIndex) => ({ classIndex, share }))
          .filter(({ share }) => share > 0)
          .sort((a, b) => b.share - a.share),
        picture: pictureOfTensor(values.subarray(i * imageLength, (i + 1) * imageLength), sizePx, sizePx),
      },
    ];
  });
}
