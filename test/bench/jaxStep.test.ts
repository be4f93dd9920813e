/** The step that jax-js is timed with computes what the engine's does. */
import { expect, it } from 'vitest';
import { startJax } from '../../bench/measure/jax.ts';
import { prepareJaxStep } from '../../bench/measure/jaxStep.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import type { Graph, GraphNode } from '../../src/engine/graph.ts';
import type { ModelState } from '../../src/engine/stepRunner.ts';
import { initialWeights } from '../../src/model/initialWeights.ts';
import { elementCount, isTrainable, stateDictOf } from '../../src/model/parameters.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { createStepRunner } from '../../src/train/runners.ts';
import { createTestDevice } from '../support/gpu.ts';
import { hashUniform, relativeL2 } from '../support/hash.ts';
import { smallBatch, smallClasses, smallGraph } from '../support/smallGraph.ts';
import { patience } from '../support/patience.ts';

const salt = 99;
const steps = 3;
const learningRate = 0.05;
const emaDecay = 0.9;
const recipe: Recipe = { ...presets.reference.recipe, weightDecay: 0.1, normWeightDecay: 0.05 };

/** A convolution that an identity goes around. */
const residual: GraphNode[] = [
  {
    ...{ kind: 'convolution', name: 'conv3', input: 'relu2', output: 'conv3', stage: 'layer2' },
    ...{ inChannels: 12, outChannels: 12, kernelPx: 1, stridePx: 1, paddingPx: 0 },
  },
  { kind: 'batchNorm', name: 'bn3', input: 'conv3', output: 'bn3', stage: 'layer2', channels: 12 },
  { kind: 'add', inputs: ['bn3', 'relu2'], output: 'sum', stage: 'layer2' },
  { kind: 'relu', input: 'sum', output: 'relu3', stage: 'layer2' },
];
/** Every kind of node that a ResNet has. */
const graph: Graph = {
  ...smallGraph,
  nodes: smallGraph.nodes.flatMap((node) =>
    node.kind === 'globalAveragePool' ? [...residual, { ...node, input: 'relu3' }] : [node],
  ),
};

function startingState(): ModelState {
  const weights = initialWeights(graph, 1);
  const trainable = stateDictOf(graph).filter(({ kind }) => isTrainable(kind));
  const momentum = new Map(
    trainable.map(({ name, shape }, i) => [name, hashUniform(elementCount(shape), i)]),
  );
  return { weights, momentum, ema: new Map(weights) };
}

it(
  'has the engine’s losses, weights, running statistics and EMA',
  { timeout: patience(120_000) },
  async () => {
    const engine = await createTestDevice();
    const batch = smallBatch(engine, salt);
    const runner = await createStepRunner('engine', engine, {
      ...{
        graph,
        classCount: smallClasses,
        recipe,
        frozenStages: new Set<never>(),
        kernels: defaultKernelChoice(engine),
      },
    });
    runner.writeState(startingState());
    const losses: number[] = [];
    for (let i = 0; i < steps; i += 1) {
      const { loss } = await runner.accumulate({
        ...batch,
        ...{ gradientWeight: 1, updatesRunningStatistics: true },
      });
      runner.update({ learningRate, ema: { averageWithDecay: emaDecay } });
      losses.push(loss);
    }
    const expected = await runner.readState();
    runner.destroy();

    await startJax();
    const { batchSize, sizePx, targets } = batch;
    const jax = prepareJaxStep({
      ...{ graph, recipe, state: startingState(), targets, batch: batchSize, sizePx },
      ...{ images: hashUniform(batchSize * sizePx * sizePx * 3, salt), learningRate, emaDecay },
    });
    const jaxLosses: number[] = [];
    for (let i = 0; i < steps; i += 1) jaxLosses.push(await jax.step());
    console.info(`engine ${losses.join(', ')}; jax-js ${jaxLosses.join(', ')}`);
    jaxLosses.forEach((loss, i) => expect(Math.abs(loss - (losses[i] ?? NaN))).toBeLessThan(1e-5));
    for (const [tensors, wanted] of [
      [await jax.readWeights(), expected.weights],
      [await jax.readEma(), expected.ema ?? new Map<string, Float32Array>()],
    ] as const) {
      expect(tensors.size).toBeGreaterThan(0);
      for (const [name, values] of tensors) {
        expect(relativeL2(values, wanted.get(name) ?? []), name).toBeLessThan(1e-4);
      }
    }
    jax.destroy();
  },
);
