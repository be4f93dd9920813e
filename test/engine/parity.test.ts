/** The compiled step against PyTorch. */
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { parityGoldens, parityGraph, parityRecipe } from '../support/parity.ts';
import { describeParity } from '../support/parityTests.ts';

describeParity((engine) =>
  EngineStepRunner.create(engine.device, {
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
      skipNonFinite: false,
    },
    frozenStages: new Set(),
    choice: defaultKernelChoice(engine),
  }),
);
