/** A training step as numbers, without a device: for estimates, the command line and the benchmarks. */
import type { Graph, StageName } from '../graph.ts';
import type { StoragePrecision } from '../kernels/kernel.ts';
import type { KernelChoice } from './builder.ts';
import { compileTrainingStep, compileUpdate } from './compile.ts';
import { describePlans, type PlanDescription } from './describePlan.ts';
import { layOutParameters } from './parameterLayout.ts';
import { fuse } from './units.ts';

export interface StepToPlan {
  graph: Graph;
  classCount: number;
  /** Images of one batch, as one rank or micro-batch has them. */
  batch: number;
  sizePx: number;
  ema: boolean;
  frozenStages: ReadonlySet<StageName>;
  choice: KernelChoice;
  storage: StoragePrecision;
}

/**
 * @throws RangeError when the images are too small for the network
 * @throws UnsupportedGraphError when the graph has a shape the engine has no kernels for
 */
export function planStep({ graph, ema, ...step }: StepToPlan): PlanDescription {
  const layout = layOutParameters(graph, step.frozenStages);
  const options = {
    ...step,
    ...{ graph, layout, units: fuse(graph), labelSmoothing: 0 },
    // Their values change neither the dispatches nor the memory; without clipping, which adds two dispatches.
    optimizer: {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 0, normWeightDecay: 0, ema },
      ...{ clipGradNorm: null },
    },
  };
  return describePlans([compileTrainingStep(options), compileUpdate(options)], layout, ema ? 4 : 3);
}
