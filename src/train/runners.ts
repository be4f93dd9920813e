/** The two ways to compute a step: compiled, and plain tfjs. Everything above cannot tell which. */
import type { EngineDevice } from '../engine/device.ts';
import type { Graph, StageName } from '../engine/graph.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import { EngineStepRunner } from '../engine/runtime/engineStepRunner.ts';
import type { StepRunner } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { weightDecayFor } from '../recipe/weightDecay.ts';
import { TfjsStepRunner } from '../tfjs/stepRunner.ts';

export type RunnerKind = 'engine' | 'tfjs';

export interface RunnerOptions {
  graph: Graph;
  classCount: number;
  recipe: Recipe;
  frozenStages: ReadonlySet<StageName>;
  /** The engine's; plain tfjs has its own. */
  kernels: KernelChoice;
  /** Called while kernels compile; plain tfjs compiles as it goes and does not call it. */
  onCompile?: (ready: number, total: number) => void;
}

/** A runner without weights: `writeState` gives it some. */
export async function createStepRunner(
  kind: RunnerKind,
  engine: EngineDevice,
  { graph, classCount, recipe, frozenStages, kernels, onCompile }: RunnerOptions,
): Promise<StepRunner> {
  if (kind === 'tfjs') return await TfjsStepRunner.create(engine, { graph, recipe, frozenStages });
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
    },
    frozenStages,
    choice: kernels,
    ...(onCompile === undefined ? {} : { onCompile }),
  });
}
