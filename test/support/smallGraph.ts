/** A network that a test trains in milliseconds. */
import type { Graph } from '../../src/engine/graph.ts';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { ImageBatch, ModelState } from '../../src/engine/stepRunner.ts';
import { elementCount, isTrainable, stateDictOf } from '../../src/model/parameters.ts';
import { hashUniform } from './hash.ts';

export const smallClasses = 3;
const batchSize = 4;
const sizePx = 8;

/** Two convolutions, a max-pool and a classifier. */
export const smallGraph: Graph = {
  input: 'images',
  output: 'fc',
  nodes: [
    {
      kind: 'convolution',
      name: 'conv1',
      input: 'images',
      output: 'conv1',
      stage: 'stem',
      inChannels: 3,
      outChannels: 8,
      kernelPx: 3,
      stridePx: 1,
      paddingPx: 1,
    },
    { kind: 'batchNorm', name: 'bn1', input: 'conv1', output: 'bn1', stage: 'stem', channels: 8 },
    { kind: 'relu', input: 'bn1', output: 'relu1', stage: 'stem' },
    {
      kind: 'maxPool',
      input: 'relu1',
      output: 'pool',
      stage: 'stem',
      kernelPx: 3,
      stridePx: 2,
      paddingPx: 1,
    },
    {
      kind: 'convolution',
      name: 'conv2',
      input: 'pool',
      output: 'conv2',
      stage: 'layer1',
      inChannels: 8,
      outChannels: 12,
      kernelPx: 3,
      stridePx: 2,
      paddingPx: 1,
    },
    { kind: 'batchNorm', name: 'bn2', input: 'conv2', output: 'bn2', stage: 'layer1', channels: 12 },
    { kind: 'relu', input: 'bn2', output: 'relu2', stage: 'layer1' },
    { kind: 'globalAveragePool', input: 'relu2', output: 'average', stage: 'head' },
    {
      kind: 'linear',
      name: 'fc',
      input: 'average',
      output: 'fc',
      stage: 'head',
      inFeatures: 12,
      outFeatures: smallClasses,
    },
  ],
};

/** Hashed weights, as scripts/goldens/clip_grad_norm.py computes them too; momentum zero, EMA the weights. */
export function smallState(): ModelState {
  const specs = stateDictOf(smallGraph);
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

/** Four hashed images, image i of class i modulo 3. */
export function smallBatch({ device }: EngineDevice, salt: number): ImageBatch & { targets: Float32Array } {
  const values = hashUniform(batchSize * sizePx * sizePx * 3, salt);
  const images = device.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(images, 0, values);
  const targets = Float32Array.from({ length: batchSize * smallClasses }, (_, i) =>
    i % smallClasses === Math.floor(i / smallClasses) % smallClasses ? 1 : 0,
  );
  return { images, batchSize, sizePx, targets };
}
