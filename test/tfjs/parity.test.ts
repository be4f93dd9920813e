/** The plain tfjs step against PyTorch. */
import { TfjsStepRunner } from '../../src/tfjs/stepRunner.ts';
import { parityGraph, parityRecipe } from '../support/parity.ts';
import { describeParity } from '../support/parityTests.ts';

describeParity((engine) =>
  TfjsStepRunner.create(engine, { graph: parityGraph, recipe: parityRecipe, frozenStages: new Set() }),
);
