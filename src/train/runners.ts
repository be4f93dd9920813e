/** The ways to compute a step: compiled, in f32 or f16, and plain tfjs. Everything above cannot tell which. */
import type { EngineDevice } from '../engine/device.ts';
import type { Graph, StageName } from '../engine/graph.ts';
import type { StoragePrecision } from '../engine/kernels/kernel.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import { EngineStepRunner } from '../engine/runtime/engineStepRunner.ts';
import type { SubmitPacing } from '../engine/runtime/submitPacing.ts';
import type { StepRunner } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { weightDecayFor } from '../recipe/weightDecay.ts';
import { TfjsStepRunner } from '../tfjs/stepRunner.ts';

export const runnerKinds = ['engine', 'engine-f16', 'tfjs'] as const;

/** `engine-f16` stores activations in f16, and needs a device with shader-f16. */
export type RunnerKind = (typeof runnerKinds)[number];

/** How a runner of the engine stores activations. */
export function storageOf(kind: Exclude<RunnerKind, 'tfjs'>): StoragePrecision {
  return kind === 'engine-f16' ? 'f16' : 'f32';
}

/** The device lacks what a runner needs; the message says what to do. */
export class UnsupportedRunnerError extends Error {
  override readonly name = 'UnsupportedRunnerError';
}

/** Why a device cannot run this kind; null where it can. */
export function missingForRunner(
  kind: RunnerKind,
  features: { has: (name: string) => boolean },
): string | null {
  return kind === 'engine-f16' && !features.has('shader-f16')
    ? 'This graphics adapter has no 16-bit floats (shader-f16). Choose Tabtrain’s engine in 32-bit floats in the Device view.'
    : null;
}

export interface RunnerOptions {
  graph: Graph;
  classCount: number;
  recipe: Recipe;
  frozenStages: ReadonlySet<StageName>;
  /** The engine's; plain tfjs has its own. */
  kernels: KernelChoice;
  /** How large the engine's submits are; plain tfjs submits as it likes. */
  pacing?: SubmitPacing;
  /** Called while kernels compile; plain tfjs compiles as it goes and does not call it. */
  onCompile?: (ready: number, total: number) => void;
}

/**
 * A runner without weights: `writeState` gives it some.
 * @throws UnsupportedRunnerError when the device lacks what it needs
 */
export async function createStepRunner(
  kind: RunnerKind,
  engine: EngineDevice,
  { graph, classCount, recipe, frozenStages, kernels, pacing, onCompile }: RunnerOptions,
): Promise<StepRunner> {
  if (kind === 'tfjs') return await TfjsStepRunner.create(engine, { graph, recipe, frozenStages });
  const missing = missingForRunner(kind, engine.device.features);
  if (missing !== null) throw new UnsupportedRunnerError(missing);
  return await EngineStepRunner.create(engine.device, {
    graph,
    classCount,
    labelSmoothing: recipe.labelSmoothing,
    optimizer: {
      momentum: recipe.momentum,
      nesterov: recipe.opt === 'sgd_nesterov',
      weightDecay: weightDecayFor(recipe, 'other'),
      normWeightDecay: weightDecayFor(recipe, 'norm'),
      ema: recipe.modelEma,
      clipGradNorm: recipe.clipGradNorm,
    },
    frozenStages,
    choice: kernels,
    storage: storageOf(kind),
    ...(pacing === undefined ? {} : { pacing }),
    ...(onCompile === undefined ? {} : { onCompile }),
  });
}
