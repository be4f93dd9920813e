/** The plain tfjs step against PyTorch. */
import { TfjsStepRunner } from '../../src/tfjs/stepRunner.ts';
import { parityGraph, parityRecipe } from '../support/parity.ts';
import { describeParity } from '../support/parityTests.ts';
import { slowness } from '../support/patience.ts';

describeParity(
  (engine) =>
    TfjsStepRunner.create(engine, { graph: parityGraph, recipe: parityRecipe, frozenStages: new Set() }),
  // A step takes 11 s on lavapipe, and some 5 minutes on SwiftShader.
  slowness > 5 ? 2 : undefined,
);
