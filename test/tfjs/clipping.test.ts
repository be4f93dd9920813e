/** Gradient clipping in the plain tfjs step. */
import { TfjsStepRunner } from '../../src/tfjs/stepRunner.ts';
import { describeClipping } from '../support/clippingTests.ts';
import { smallGraph } from '../support/smallGraph.ts';

describeClipping((engine, recipe) =>
  TfjsStepRunner.create(engine, { graph: smallGraph, recipe, frozenStages: new Set() }),
);
