/** Makes a run out of a recipe and data, and a trainer out of a run. */
import type { SampleSource } from '../data/types.ts';
import { defaultKernelChoice, isChoiceSupported } from '../engine/kernelChoice.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import type { StageName } from '../engine/graph.ts';
import type { SubmitPacing } from '../engine/runtime/submitPacing.ts';
import type { ModelState, NamedTensors, StepRunner } from '../engine/stepRunner.ts';
import { initialWeights } from '../model/initialWeights.ts';
import { elementCount, isTrainable, stateDictOf } from '../model/parameters.ts';
import { buildResNet } from '../model/resnet.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyRepetition } from '../recipe/repeatedAugmentation.ts';
import { Trainer, type TrainerParts } from './trainer.ts';
import { createStepRunner, type RunnerKind } from './runners.ts';
import { runStart, type RunHistory, type RunRecord } from './runStore.ts';
import { trainingPlan } from './trainingPlan.ts';

/** A run cannot be started as asked; the message says what to change. */
export class CannotTrainError extends Error {
  override readonly name = 'CannotTrainError';
}

/**
 * A new run, not stored yet.
 * @throws CannotTrainError when the data cannot be trained on, or not with this recipe
 */
export function createRun(
  recipe: Recipe,
  source: SampleSource,
  frozenStages: readonly StageName[],
  runner: RunnerKind,
  id: string,
): RunRecord {
  const { classes } = source.summary;
  if (classes.length < 2) {
    throw new CannotTrainError(
      `"${source.summary.name}" has ${classes.length} class: a classifier needs at least two. Add another class.`,
    );
  }
  const { subset, shape } = trainingPlan(recipe, source);
  const noneLeft = emptyRepetition(recipe, subset.length);
  if (noneLeft !== null) throw new CannotTrainError(noneLeft);
  if (shape.stepsPerEpoch === 0) {
    throw new CannotTrainError(
      `"${source.summary.name}" leaves ${subset.length} training images for ${recipe.worldSize} ranks, too few for one step. Add images, or lower worldSize.`,
    );
  }
  const now = Date.now();
  return {
    id,
    recipe,
    datasetId: source.summary.id,
    datasetName: source.summary.name,
    classes,
    frozenStages: [...frozenStages],
    runner,
    kernels: null,
    status: 'preparing',
    createdAtMs: now,
    updatedAtMs: now,
    totalSteps: shape.stepsPerEpoch * recipe.epochs,
    cursor: runStart,
    hasCheckpoint: false,
    lastEvaluation: null,
    speed: null,
  };
}

/** State before the first step: momentum zero, EMA equal to the weights. */
export function initialState(recipe: Recipe, classCount: number, weights?: NamedTensors): ModelState {
  const graph = buildResNet(recipe.model, classCount);
  const start = weights ?? initialWeights(graph, recipe.seed);
  const momentum: NamedTensors = new Map(
    stateDictOf(graph)
      .filter((spec) => isTrainable(spec.kind))
      .map((spec) => [spec.name, new Float32Array(elementCount(spec.shape))]),
  );
  return { weights: start, momentum, ema: recipe.modelEma ? new Map(start) : null };
}

export interface OpenTrainer {
  trainer: Trainer;
  runner: StepRunner;
}

/** Brings a run's state to the GPU, with the kernels it began with. The caller destroys trainer and runner. */
export async function openTrainer(
  parts: Omit<TrainerParts, 'runner'> & { state: ModelState; pacing: SubmitPacing },
): Promise<OpenTrainer> {
  const { record, engine, state, pacing, emit } = parts;
  record.kernels = keptKernels(parts);
  const runner = await createStepRunner(record.runner, engine, {
    graph: buildResNet(record.recipe.model, record.classes.length),
    classCount: record.classes.length,
    recipe: record.recipe,
    frozenStages: new Set(record.frozenStages),
    pacing,
    kernels: record.kernels,
    onCompile: (ready, total) => emit({ event: 'progress', label: 'Compiling the step', done: ready, total }),
  });
  runner.writeState(state);
  return { trainer: new Trainer({ ...parts, runner }), runner };
}

function keptKernels({
  record,
  engine,
  emit,
}: Pick<TrainerParts, 'record' | 'engine' | 'emit'>): KernelChoice {
  const { kernels, runner } = record;
  if (kernels === null) return defaultKernelChoice(engine);
  if (runner === 'engine' && !isChoiceSupported(engine, kernels)) {
    emit({
      event: 'problem',
      kind: 'other',
      message:
        'This run began on another device or browser, with kernels that this one does not have. It goes on with others: its figures may differ in the last digits from a run that never moved.',
    });
    return defaultKernelChoice(engine);
  }
  return kernels;
}

/** What a new run's history starts as. */
export function emptyHistory(): RunHistory {
  return { steps: [], evaluations: [] };
}
