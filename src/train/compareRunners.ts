/**
 * A training step of the engine beside the plain tfjs runner's: the same weights, images and recipe (momentum,
 * weight decay, EMA every step), one device, alternating.
 */
import type { EngineDevice } from '../engine/device.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import { hashUniform } from '../engine/selfTest/noise.ts';
import type { Watching } from '../engine/selfTest/selfTest.ts';
import type { StepRunner, TrainingBatch } from '../engine/stepRunner.ts';
import { buildResNet } from '../model/resnet.ts';
import { presets } from '../recipe/presets.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { initialState } from './openTrainer.ts';
import type { ComparisonQuestion, RunnerTiming, StepComparison } from './reports.ts';
import { createStepRunner, type RunnerKind } from './runners.ts';

const classCount = 1000;
/** Steps of each runner before the timed ones: the first compiles, the second may still make buffers. */
const warmUpSteps = 2;
export const runnerKinds: readonly RunnerKind[] = ['engine', 'tfjs'];

export interface ComparisonWatching extends Watching {
  /** Before a runner is made (0 steps done), and after each of its steps before the timed ones. */
  onWarmUp?: (runner: RunnerKind, stepsDone: number) => void;
}

interface Contender {
  kind: RunnerKind;
  runner: StepRunner;
  timing: RunnerTiming;
  times: number[];
}

/** @throws the signal's reason when it is aborted, and whatever a step throws, as when memory is short */
export async function compareRunners(
  engine: EngineDevice,
  kernels: KernelChoice,
  { model, batchSize, sizePx, steps }: ComparisonQuestion,
  { onProgress, signal, onWarmUp }: ComparisonWatching = {},
): Promise<StepComparison> {
  const recipe: Recipe = { ...presets.reference.recipe, model, worldSize: 1, batchSize, lr: 0.001 };
  const graph = buildResNet(model, classCount);
  const state = initialState(recipe, classCount);
  const batch = noiseBatch(engine.device, batchSize, sizePx);
  const contenders: Contender[] = [];
  const total = runnerKinds.length * (warmUpSteps + steps);
  let done = 0;
  const step = async (runner: StepRunner, label: string): Promise<number> => {
    signal?.throwIfAborted();
    onProgress?.(label, done, total);
    const { loss } = await runner.accumulate(batch);
    runner.update({ learningRate: recipe.lr, ema: { averageWithDecay: 0.999 } });
    await engine.device.queue.onSubmittedWorkDone();
    done += 1;
    return loss;
  };
  try {
    for (const kind of runnerKinds) {
      onWarmUp?.(kind, 0);
      const startedMs = performance.now();
      const options = { graph, classCount, recipe, frozenStages: new Set<never>(), kernels };
      const runner = await createStepRunner(kind, engine, options);
      const timing: RunnerTiming = { msPerStep: NaN, firstStepMs: NaN, firstLoss: NaN };
      contenders.push({ kind, runner, timing, times: [] });
      runner.writeState(state);
      timing.firstLoss = await step(runner, `first step of ${runnerNames[kind]}`);
      timing.firstStepMs = performance.now() - startedMs;
      onWarmUp?.(kind, 1);
      for (let i = 1; i < warmUpSteps; i += 1) {
        await step(runner, `warming up ${runnerNames[kind]}`);
        onWarmUp?.(kind, i + 1);
      }
    }
    for (let i = 0; i < steps; i += 1) {
      for (const { kind, runner, times } of contenders) {
        const startedMs = performance.now();
        await step(runner, `timing ${runnerNames[kind]}`);
        times.push(performance.now() - startedMs);
      }
    }
  } finally {
    for (const { runner } of contenders) runner.destroy();
    batch.images.destroy();
  }
  const timingOf = (wanted: RunnerKind): RunnerTiming => {
    const contender = contenders.find(({ kind }) => kind === wanted);
    if (contender === undefined) throw new Error(`"${wanted}" was not timed.`);
    return { ...contender.timing, msPerStep: median(contender.times) };
  };
  return {
    ...{ adapter: engine.adapterName, model, batchSize, sizePx, steps },
    ...{ engine: timingOf('engine'), tfjs: timingOf('tfjs') },
  };
}

const runnerNames: Record<RunnerKind, string> = {
  engine: 'the engine',
  'engine-f16': 'the engine in 16-bit floats',
  tfjs: 'plain tfjs',
};

/** Images of noise, one class each. */
function noiseBatch(device: GPUDevice, batchSize: number, sizePx: number): TrainingBatch {
  const values = hashUniform(batchSize * sizePx * sizePx * 3, 1);
  const images = device.createBuffer({
    label: 'noise',
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(images, 0, values);
  const targets = new Float32Array(batchSize * classCount);
  for (let i = 0; i < batchSize; i += 1) targets[i * classCount + ((i * 37) % classCount)] = 1;
  return { images, batchSize, sizePx, targets, gradientWeight: 1, updatesRunningStatistics: true };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
