/** The engine set up as the parity goldens are. */
import type { EngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import type { StoragePrecision } from '../../src/engine/kernels/kernel.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { parityGoldens, parityGraph, parityRecipe } from './parity.ts';

export function createParityEngine(
  engine: EngineDevice,
  storage: StoragePrecision,
): Promise<EngineStepRunner> {
  return EngineStepRunner.create(engine.device, {
    graph: parityGraph,
    classCount: parityGoldens.setup.classes,
    labelSmoothing: parityRecipe.labelSmoothing,
    optimizer: {
      momentum: parityRecipe.momentum,
      nesterov: false,
      weightDecay: parityRecipe.weightDecay,
      normWeightDecay: parityRecipe.normWeightDecay ?? parityRecipe.weightDecay,
      ema: parityRecipe.modelEma,
      clipGradNorm: parityRecipe.clipGradNorm,
    },
    frozenStages: new Set(),
    choice: defaultKernelChoice(engine),
    storage,
  });
}
