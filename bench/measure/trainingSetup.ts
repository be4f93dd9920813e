/** What every benchmark of a whole step trains: seeded weights and images, and a recipe with all the optimizer has. */
import type { EngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import type { Graph } from '../../src/engine/graph.ts';
import type { ModelState, StepRunner, TrainingBatch } from '../../src/engine/stepRunner.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { ModelName, Recipe } from '../../src/recipe/recipe.ts';
import { initialState } from '../../src/train/openTrainer.ts';
import { createStepRunner, type RunnerKind } from '../../src/train/runners.ts';

export interface TrainingSettings {
  model: ModelName;
  /** Images a step. */
  batch: number;
  /** Their height and width. */
  size: number;
}

export interface TrainingSetup {
  classCount: number;
  graph: Graph;
  /** Momentum, weight decay, label smoothing and EMA. */
  recipe: Recipe;
  state: ModelState;
  /** Of the weights, momentum or EMA, in torch's layout: the trainable parameters. */
  parameterBytes: number;
  /** [batch, size, size, 3], as in `trainingBatch`. */
  images: Float32Array<ArrayBuffer>;
  trainingBatch: TrainingBatch;
}

export const classCount = 1000;
/** Each step moves the EMA. */
export const emaDecay = 0.999;

export function setUpTraining(engine: EngineDevice, { model, batch, size }: TrainingSettings): TrainingSetup {
  const recipe: Recipe = { ...presets.reference.recipe, model, worldSize: 1, batchSize: batch, lr: 0.001 };
  const state = initialState(recipe, classCount);
  const images = noiseImages(batch * size * size * 3);
  const buffer = engine.device.createBuffer({
    label: 'images',
    size: images.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  engine.device.queue.writeBuffer(buffer, 0, images);
  const targets = new Float32Array(batch * classCount);
  for (let i = 0; i < batch; i += 1) targets[i * classCount + ((i * 37) % classCount)] = 1;
  return {
    ...{ classCount, graph: buildResNet(model, classCount), recipe, state, images },
    parameterBytes: [...state.momentum.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0),
    trainingBatch: {
      ...{ images: buffer, batchSize: batch, sizePx: size, targets },
      ...{ gradientWeight: 1, updatesRunningStatistics: true },
    },
  };
}

/** A runner with the set-up's weights. */
export async function createRunner(
  kind: RunnerKind,
  engine: EngineDevice,
  { graph, recipe, state }: TrainingSetup,
): Promise<StepRunner> {
  const kernels = defaultKernelChoice(engine);
  const options = { graph, classCount, recipe, frozenStages: new Set<never>(), kernels };
  const runner = await createStepRunner(kind, engine, options);
  runner.writeState(state);
  return runner;
}

/** One step; its loss, when the GPU is done with all of it. */
export async function runStep(
  { device }: EngineDevice,
  runner: StepRunner,
  { recipe, trainingBatch }: TrainingSetup,
): Promise<number> {
  const { loss } = await runner.accumulate(trainingBatch);
  runner.update({ learningRate: recipe.lr, ema: { averageWithDecay: emaDecay } });
  await device.queue.onSubmittedWorkDone();
  return loss;
}

/** Seeded, in [-1, 1). */
function noiseImages(count: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = 1;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}
