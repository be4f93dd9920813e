/** What a recipe trains on in a data set, and in how many steps: all that a step's batches follow from. */
import { subsetByClass } from '../data/sampleOrder.ts';
import type { SampleSource } from '../data/types.ts';
import { activationCost } from '../engine/cost.ts';
import { buildResNet } from '../model/resnet.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { epochShape, type EpochShape } from './epochPlan.ts';

export interface TrainingPlan {
  /** Indices into the training split that are used. */
  subset: Int32Array;
  shape: EpochShape;
}

export function trainingPlan(recipe: Recipe, source: SampleSource): TrainingPlan {
  const subset = subsetByClass(source.labels('train'), recipe.limit, recipe.seed);
  const graph = buildResNet(recipe.model, source.summary.classes.length);
  const { finalMapPx } = activationCost(graph, recipe.trainCropSize);
  return { subset, shape: epochShape(recipe, subset.length, finalMapPx) };
}
