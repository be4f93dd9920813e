/** A run's weights as the file that is saved. */
import type { ModelState, WeightsKind } from '../engine/stepRunner.ts';
import { writeWeightsFile } from '../exchange/weightsFile.ts';
import { CannotTrainError } from './openTrainer.ts';
import type { RunRecord } from './runStore.ts';

/**
 * Safetensors with torchvision's names, and in its metadata what was trained on what.
 * @throws CannotTrainError when the run has no EMA weights and they are asked for
 */
export function writeRunWeights(record: RunRecord, state: ModelState, weights: WeightsKind): Blob {
  const tensors = weights === 'ema' ? state.ema : state.weights;
  if (tensors === null)
    throw new CannotTrainError('This run keeps no EMA weights (modelEma is off). Save the raw ones.');
  const { recipe, classes, cursor, datasetName } = record;
  const metadata = {
    classes: JSON.stringify(classes),
    dataset: datasetName,
    weights,
    step: String(cursor.step),
    recipe: JSON.stringify(recipe),
  };
  return new Blob(writeWeightsFile(recipe.model, classes.length, tensors, metadata));
}
