/**
 * A training step of the engine beside the plain tfjs runner's: the same weights, images and recipe (momentum,
 * weight decay, EMA every step), one adapter, alternating.
 */
import { requestEngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { parameterCount } from '../../src/model/parameters.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import type { ModelName } from '../../src/recipe/recipe.ts';
import { compareRunners } from '../../src/train/compareRunners.ts';
import type { RunnerKind, RunnerTiming } from '../../src/train/reports.ts';
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
  const parameterBytes = 4 * parameterCount(buildResNet(model, classCount));
  const metered = { engine: { dispatches: 0, gpuBytes: 0 }, tfjs: { dispatches: 0, gpuBytes: 0 } };
  let before = { bytes: 0, dispatches: 0 };
  const onWarmUp = (kind: RunnerKind, stepsDone: number) => {
    if (stepsDone === 0) {
      meter.peakBytes = meter.liveBytes;
      before = { ...before, bytes: meter.liveBytes };
    } else if (stepsDone === 1) {
      before = { ...before, dispatches: meter.dispatches };
    } else {
      metered[kind] = {
        dispatches: meter.dispatches - before.dispatches,
        gpuBytes: meter.peakBytes - before.bytes,
      };
    }
  };
  const question = { model, batchSize: batch, sizePx: size, steps };
  const { engine: ours, tfjs } = await compareRunners(engine, defaultKernelChoice(engine), question, {
    onWarmUp,
  });
  const figures = (timing: RunnerTiming, { dispatches, gpuBytes }: typeof metered.engine): RunnerFigures => ({
    ...{ ms: timing.msPerStep, firstStepMs: timing.firstStepMs, loss: timing.firstLoss },
    ...{ dispatches, gpuBytes, workspaceBytes: gpuBytes - 4 * parameterBytes },
  });
  return {
    ...{ adapter: engine.adapterName, model, batch, size },
    ...{ ours: figures(ours, metered.engine), tfjs: figures(tfjs, metered.tfjs) },
    ratio: tfjs.msPerStep / ours.msPerStep,
  };
}
