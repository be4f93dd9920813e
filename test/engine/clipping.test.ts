/** Gradient clipping in the compiled step. */
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { createStepRunner } from '../../src/train/runners.ts';
import { describeClipping } from '../support/clippingTests.ts';
import { smallClasses, smallGraph } from '../support/smallGraph.ts';

describeClipping((engine, recipe) =>
  createStepRunner('engine', engine, {
    ...{ graph: smallGraph, classCount: smallClasses, recipe, frozenStages: new Set() },
    kernels: defaultKernelChoice(engine),
  }),
);
