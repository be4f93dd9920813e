/**
 * One optimizer step of the reference recipe, small: two ranks of four images at 64 px with everything on. Which
 * images, and what is drawn for them, is Tabtrain's own; scripts/goldens/reference_step.ts writes it down and
 * reference_step.py replays it in PyTorch.
 */
import type { DatasetSummary, DecodedImage, SampleSource } from '../../src/data/types.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { batchesOfStep, type BatchPlan } from '../../src/train/epochPlan.ts';
import { trainingPlan } from '../../src/train/trainingPlan.ts';
import { hashUniform } from './hash.ts';

export const referenceStepRecipe: Recipe = {
  ...presets.reference.recipe,
  worldSize: 2,
  batchSize: 4,
  epochs: 4,
  lr: 1e-3,
  // What would be invisible in one step is made visible; a warmup would only copy the EMA.
  lrWarmupEpochs: 0,
  weightDecay: 0.1,
  modelEmaSteps: 2,
  modelEmaDecay: 0.99,
  trainCropSize: 64,
  // Chosen so that mixup, CutMix, two erased images and eight different operations occur.
  seed: 193,
};
/** The third step of the second epoch: the EMA is averaged there, not copied. */
export const referenceStepPlace = { epoch: 1, step: 2, nAveraged: 1 };

const classCount = 10;
const trainImages = 256;

export function imageSize(index: number): { widthPx: number; heightPx: number } {
  return { widthPx: 70 + ((index * 7) % 40), heightPx: 60 + ((index * 11) % 50) };
}

/** Patches of 6 px in hashed colours, with noise; the formula of scripts/goldens/reference_step.py. */
function image(index: number): DecodedImage {
  const { widthPx, heightPx } = imageSize(index);
  const patchesAcross = Math.ceil(widthPx / 6);
  const patches = hashUniform(patchesAcross * Math.ceil(heightPx / 6) * 3, 5000 + index);
  const noise = hashUniform(widthPx * heightPx * 3, 6000 + index);
  const rgba = new Uint8Array(widthPx * heightPx * 4).fill(255);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const patch = Math.floor(y / 6) * patchesAcross + Math.floor(x / 6);
      for (let channel = 0; channel < 3; channel++) {
        const colour = ((patches[patch * 3 + channel] ?? 0) + 1) * 110;
        const grain = ((noise[(y * widthPx + x) * 3 + channel] ?? 0) + 1) * 17;
        rgba[(y * widthPx + x) * 4 + channel] = Math.floor(colour + grain);
      }
    }
  }
  return { kind: 'pixels', widthPx, heightPx, rgba };
}

export class ReferenceStepSource implements SampleSource {
  readonly summary: DatasetSummary = {
    id: 'reference step',
    name: 'Reference step',
    classes: Array.from({ length: classCount }, (_, label) => String(label)),
    trainPerClass: Array.from({ length: classCount }, () => trainImages / classCount),
    validationPerClass: Array.from({ length: classCount }, () => 0),
    bytes: 0,
    maxEdgePx: 110,
    createdAtMs: 0,
    validationNote: '',
  };

  labels(): Int32Array {
    return Int32Array.from({ length: trainImages }, (_, index) => (index * 3) % classCount);
  }
  fileName(_split: string, index: number): string {
    return String(index);
  }
  decode(_split: string, indices: readonly number[]): Promise<DecodedImage[]> {
    return Promise.resolve(indices.map(image));
  }
  close(): void {
    // Nothing is open.
  }
}

/** The two ranks' batches. */
export function referenceStepBatches(recipe = referenceStepRecipe): BatchPlan[] {
  const { subset, shape } = trainingPlan(recipe, new ReferenceStepSource());
  return batchesOfStep(recipe, subset, referenceStepPlace.epoch, referenceStepPlace.step, shape);
}
