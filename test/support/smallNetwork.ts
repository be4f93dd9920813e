/** A network with every kind of node that steps through Dawn in milliseconds, and a state to start from. */
import type { Graph } from '../../src/engine/graph.ts';
import type { ModelState } from '../../src/engine/stepRunner.ts';
import { elementCount, isTrainable, stateDictOf } from '../../src/model/parameters.ts';
import { hashUniform } from './hash.ts';

export const smallClassCount = 3;

/** Two convolutions with a max-pool between them, a third one around which an identity goes, and a classifier. */
export const smallNetwork: Graph = {
  input: 'images',
  output: 'fc',
  nodes: [
    {
      ...{ kind: 'convolution', name: 'conv1', input: 'images', output: 'conv1', stage: 'stem' },
      ...{ inChannels: 3, outChannels: 8, kernelPx: 3, stridePx: 1, paddingPx: 1 },
    },
    { kind: 'batchNorm', name: 'bn1', input: 'conv1', output: 'bn1', stage: 'stem', channels: 8 },
    { kind: 'relu', input: 'bn1', output: 'relu1', stage: 'stem' },
    {
      ...{ kind: 'maxPool', input: 'relu1', output: 'pool', stage: 'stem' },
      ...{ kernelPx: 3, stridePx: 2, paddingPx: 1 },
    },
    {
      ...{ kind: 'convolution', name: 'conv2', input: 'pool', output: 'conv2', stage: 'layer1' },
      ...{ inChannels: 8, outChannels: 12, kernelPx: 3, stridePx: 2, paddingPx: 1 },
    },
    { kind: 'batchNorm', name: 'bn2', input: 'conv2', output: 'bn2', stage: 'layer1', channels: 12 },
    { kind: 'relu', input: 'bn2', output: 'relu2', stage: 'layer1' },
    {
      ...{ kind: 'convolution', name: 'conv3', input: 'relu2', output: 'conv3', stage: 'layer2' },
      ...{ inChannels: 12, outChannels: 12, kernelPx: 1, stridePx: 1, paddingPx: 0 },
    },
    { kind: 'batchNorm', name: 'bn3', input: 'conv3', output: 'bn3', stage: 'layer2', channels: 12 },
    { kind: 'add', inputs: ['bn3', 'relu2'], output: 'sum', stage: 'layer2' },
    { kind: 'relu', input: 'sum', output: 'relu3', stage: 'layer2' },
    { kind: 'globalAveragePool', input: 'relu3', output: 'average', stage: 'head' },
    {
      ...{ kind: 'linear', name: 'fc', input: 'average', output: 'fc', stage: 'head' },
      ...{ inFeatures: 12, outFeatures: smallClassCount },
    },
  ],
};

export function smallState(): ModelState {
  const specs = stateDictOf(smallNetwork);
  const weights = new Map(
    specs.map(({ name, kind, shape }, i) => {
      const values = hashUniform(elementCount(shape), i + 1);
      if (kind === 'batchCount') return [name, Float32Array.of(0)];
      return [
        name,
        kind === 'runningVariance' || kind === 'normWeight'
          ? values.map((value) => 1 + value / 4)
          : values.map((value) => value / 2),
      ];
    }),
  );
  const momentum = new Map(
    specs
      .filter(({ kind }) => isTrainable(kind))
      .map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]),
  );
  return { weights, momentum, ema: new Map(weights) };
}

/** One class each, [batch, classes]. */
export function smallTargets(batch: number): Float32Array {
  return Float32Array.from({ length: batch * smallClassCount }, (_, i) =>
    i % smallClassCount === Math.floor(i / smallClassCount) % smallClassCount ? 1 : 0,
  );
}
