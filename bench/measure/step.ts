/**
 * A training step of the engine beside the plain tfjs runner's, and jax-js's where asked for: the same weights,
 * images and recipe (momentum, weight decay, EMA every step), one adapter, alternating.
 */
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';
import type { ModelName } from '../../src/recipe/recipe.ts';
import type { RunnerKind } from '../../src/train/runners.ts';
import { median } from './contender.ts';
import { meterGpu } from './gpuMeter.ts';
import {
  createRunner,
  emaDecay,
  runStep,
  setUpTraining,
  type TrainingSettings,
  type TrainingSetup,
} from './trainingSetup.ts';

export interface StepSettings extends TrainingSettings {
  /** Timed steps of each; the median counts. */
  steps: number;
  /** Also by jax-js. */
  withJax: boolean;
}

export interface StepFigures {
  /** Median of the timed steps. */
  ms: number;
  /** From creating it to the end of its first step: compiling included. */
  firstStepMs: number;
  dispatches: number;
  /** Largest sum of its live buffers. */
  gpuBytes: number;
  /** Of these, what is neither weights nor gradient, momentum or EMA. */
  workspaceBytes: number;
  /** Of the first step: of the same weights and images, so all have the same but for rounding. */
  loss: number;
}

export interface StepResult {
  bench: 'step';
  adapter: string;
  model: ModelName;
  batch: number;
  size: number;
  ours: StepFigures;
  tfjs: StepFigures;
  /** Null where jax-js was not asked for, as is its ratio. */
  jax: StepFigures | null;
  /** How many times faster than tfjs ours is. */
  ratio: number;
  /** The same to jax-js. */
  jaxRatio: number | null;
}

/** How far jax-js's first loss may be from ours: more is not the same computation. */
const lossTolerance = 1e-3;

interface Stepper {
  /** One step; its loss, when the GPU is done. */
  step: () => Promise<number>;
}

interface Contender {
  name: string;
  create: () => Promise<Stepper>;
}

/** @throws Error when jax-js's first loss is not ours within 1e-3 */
export async function benchStep(settings: StepSettings, report: (line: string) => void): Promise<StepResult> {
  const { model, batch, size, steps, withJax } = settings;
  const meter = meterGpu();
  const engine = await requestEngineDevice(navigator.gpu);
  const setup = setUpTraining(engine, settings);
  const contenders: Contender[] = [
    { name: 'Tabtrain', create: () => openRunner('engine', engine, setup) },
    { name: 'plain tfjs', create: () => openRunner('tfjs', engine, setup) },
    ...(withJax ? [{ name: 'jax-js', create: () => openJax(setup) }] : []),
  ];
  const running: { stepper: Stepper; figures: StepFigures; times: number[] }[] = [];
  for (const { name, create } of contenders) {
    const before = meter.liveBytes;
    meter.peakBytes = before;
    const started = performance.now();
    const stepper = await create();
    const loss = await stepper.step();
    const firstStepMs = performance.now() - started;
    const dispatches = meter.dispatches;
    await stepper.step();
    const gpuBytes = meter.peakBytes - before;
    const figures: StepFigures = {
      ...{ ms: NaN, firstStepMs, dispatches: meter.dispatches - dispatches, gpuBytes, loss },
      workspaceBytes: gpuBytes - 4 * setup.parameterBytes,
    };
    running.push({ stepper, figures, times: [] });
    report(`${name}: first step after ${(firstStepMs / 1000).toFixed(1)} s, loss ${loss.toFixed(5)}`);
  }
  const [ours, tfjs, jax = null] = running.map(({ figures }) => figures);
  if (ours === undefined || tfjs === undefined) throw new Error('Both were made above.');
  if (jax !== null) checkLoss(ours.loss, jax.loss, report);
  for (let i = 0; i < steps; i += 1) {
    for (const { stepper, times } of running) {
      const started = performance.now();
      await stepper.step();
      times.push(performance.now() - started);
    }
  }
  for (const { figures, times } of running) figures.ms = median(times);
  return {
    ...{ bench: 'step', adapter: engine.adapterName, model, batch, size, ours, tfjs, jax },
    ...{ ratio: tfjs.ms / ours.ms, jaxRatio: jax === null ? null : jax.ms / ours.ms },
  };
}

async function openRunner(kind: RunnerKind, engine: EngineDevice, setup: TrainingSetup): Promise<Stepper> {
  const runner = await createRunner(kind, engine, setup);
  return { step: () => runStep(engine, runner, setup) };
}

async function openJax({ graph, recipe, state, images, trainingBatch }: TrainingSetup): Promise<Stepper> {
  const { startJax } = await import('./jax.ts');
  const { prepareJaxStep } = await import('./jaxStep.ts');
  await startJax();
  const { targets, batchSize, sizePx } = trainingBatch;
  return prepareJaxStep({
    ...{ graph, recipe, state, images, targets, batch: batchSize, sizePx },
    ...{ learningRate: recipe.lr, emaDecay },
  });
}

function checkLoss(ours: number, jax: number, report: (line: string) => void): void {
  const difference = Math.abs(ours - jax);
  // NaN is not within it.
  if (!(difference <= lossTolerance)) {
    throw new Error(
      `jax-js’s first loss is ${jax.toFixed(5)}, Tabtrain’s ${ours.toFixed(5)}: they differ by more than ${String(lossTolerance)}, so they do not compute the same and their times compare nothing.`,
    );
  }
  report(
    `The same computation: losses differ by ${difference.toExponential(1)}, allowed are ${String(lossTolerance)}.`,
  );
}
