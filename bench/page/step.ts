/**
 * A training step of the engine beside the plain tfjs runner's: the same weights, images and recipe (momentum,
 * weight decay, EMA every step), one adapter, alternating.
 */
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';
import type { StepRunner, TrainingBatch } from '../../src/engine/stepRunner.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { ModelName, Recipe } from '../../src/recipe/recipe.ts';
import { initialState } from '../../src/train/openTrainer.ts';
import { createStepRunner } from '../../src/train/runners.ts';
import { meterGpu } from './gpuMeter.ts';

export interface StepSettings {
  model: ModelName;
  batch: number;
  size: number;
  /** Timed steps of each runner; the median counts. */
  steps: number;
}

export interface RunnerFigures {
  /** Median of the timed steps. */
  ms: number;
  /** From creating the runner to the end of its first step: compiling included. */
  firstStepMs: number;
  dispatches: number;
  /** Largest sum of the runner's live buffers. */
  gpuBytes: number;
  /** Of these, what is neither weights nor gradient, momentum or EMA. */
  workspaceBytes: number;
  loss: number;
}

export interface StepResult {
  adapter: string;
  model: ModelName;
  batch: number;
  size: number;
  ours: RunnerFigures;
  tfjs: RunnerFigures;
  /** How many times faster ours is. */
  ratio: number;
}

const classCount = 1000;

export async function benchStep({ model, batch, size, steps }: StepSettings): Promise<StepResult> {
  const meter = meterGpu();
  const engine = await requestEngineDevice(navigator.gpu);
  const recipe: Recipe = { ...presets.reference.recipe, model, worldSize: 1, batchSize: batch, lr: 0.001 };
  const graph = buildResNet(model, classCount);
  const state = initialState(recipe, classCount);
  const parameterBytes = [...state.momentum.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const trainingBatch = randomBatch(engine, batch, size);

  const contenders: Record<
    'engine' | 'tfjs',
    { runner: StepRunner | null; figures: RunnerFigures; times: number[] }
  > = {
    engine: { runner: null, figures: noFigures(), times: [] },
    tfjs: { runner: null, figures: noFigures(), times: [] },
  };
  const kinds = ['engine', 'tfjs'] as const;
  const step = async (runner: StepRunner): Promise<number> => {
    const { loss } = await runner.accumulate(trainingBatch);
    runner.update({ learningRate: recipe.lr, ema: { averageWithDecay: 0.999 } });
    await engine.device.queue.onSubmittedWorkDone();
    return loss;
  };
  for (const kind of kinds) {
    const contender = contenders[kind];
    const before = meter.liveBytes;
    meter.peakBytes = before;
    const started = performance.now();
    const options = { graph, classCount, recipe, frozenStages: new Set<never>() };
    const runner = await createStepRunner(kind, engine, options);
    runner.writeState(state);
    contender.runner = runner;
    contender.figures.loss = await step(runner);
    contender.figures.firstStepMs = performance.now() - started;
    const dispatches = meter.dispatches;
    await step(runner);
    contender.figures.dispatches = meter.dispatches - dispatches;
    contender.figures.gpuBytes = meter.peakBytes - before;
    contender.figures.workspaceBytes = contender.figures.gpuBytes - 4 * parameterBytes;
  }
  for (let i = 0; i < steps; i += 1) {
    for (const kind of kinds) {
      const { runner, times } = contenders[kind];
      if (runner === null) throw new Error('Both runners were made above.');
      const started = performance.now();
      await step(runner);
      times.push(performance.now() - started);
    }
  }
  for (const kind of kinds) contenders[kind].figures.ms = median(contenders[kind].times);
  const { engine: ours, tfjs } = contenders;
  return {
    ...{ adapter: engine.adapterName, model, batch, size },
    ...{ ours: ours.figures, tfjs: tfjs.figures, ratio: tfjs.figures.ms / ours.figures.ms },
  };
}

function noFigures(): RunnerFigures {
  return { ms: 0, firstStepMs: 0, dispatches: 0, gpuBytes: 0, workspaceBytes: 0, loss: NaN };
}

/** Images of seeded noise, one class each. */
function randomBatch({ device }: EngineDevice, batch: number, size: number): TrainingBatch {
  const values = new Float32Array(batch * size * size * 3);
  let state = 1;
  for (let i = 0; i < values.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  const images = device.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(images, 0, values);
  const targets = new Float32Array(batch * classCount);
  for (let i = 0; i < batch; i += 1) targets[i * classCount + ((i * 37) % classCount)] = 1;
  return {
    images,
    batchSize: batch,
    sizePx: size,
    targets,
    gradientWeight: 1,
    updatesRunningStatistics: true,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
