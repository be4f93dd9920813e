/** A long run makes nothing that stays: no GPU object, no GPU byte and no JS heap per step; and repeats by the bit. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { Graph } from '../../src/engine/graph.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import type { ModelState } from '../../src/engine/stepRunner.ts';
import { elementCount, isTrainable, stateDictOf } from '../../src/model/parameters.ts';
import { createTestDevice } from '../support/gpu.ts';
import { hashUniform, sameBits } from '../support/hash.ts';

const classCount = 3;
const batch = 4;
const sizePx = 8;

/** Two convolutions, a max-pool and a classifier. */
const graph: Graph = {
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
      outFeatures: classCount,
    },
  ],
};

function initialState(): ModelState {
  const specs = stateDictOf(graph);
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

let engine: EngineDevice;
let images: GPUBuffer;
const targets = Float32Array.from({ length: batch * classCount }, (_, i) =>
  i % classCount === Math.floor(i / classCount) % classCount ? 1 : 0,
);

beforeAll(async () => {
  engine = await createTestDevice();
  const values = hashUniform(batch * sizePx * sizePx * 3, 99);
  images = engine.device.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  engine.device.queue.writeBuffer(images, 0, values);
});

async function openRunner(): Promise<EngineStepRunner> {
  const runner = await EngineStepRunner.create(engine.device, {
    ...{
      graph,
      classCount,
      labelSmoothing: 0.1,
      frozenStages: new Set<never>(),
      choice: defaultKernelChoice(engine),
    },
    optimizer: { momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: true },
  });
  runner.writeState(initialState());
  return runner;
}

async function train(runner: EngineStepRunner, steps: number): Promise<number> {
  let last = NaN;
  for (let step = 0; step < steps; step += 1) {
    const { loss } = await runner.accumulate({
      images,
      batchSize: batch,
      sizePx,
      targets,
      gradientWeight: 1,
      updatesRunningStatistics: true,
    });
    runner.update({ learningRate: 0.01, ema: { averageWithDecay: 0.99 } });
    last = loss;
  }
  return last;
}

it('is steady over a thousand steps', { timeout: 300_000 }, async () => {
  const runner = await openRunner();
  const first = await train(runner, 1);
  await train(runner, 50);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  const made: string[] = [];
  const { device } = engine;
  const makers = [
    'createBuffer',
    'createBindGroup',
    'createShaderModule',
    'createComputePipeline',
    'createBindGroupLayout',
    'createPipelineLayout',
  ] as const;
  const originals = makers.map((name) => {
    const original = device[name].bind(device) as (descriptor: never) => never;
    Object.defineProperty(device, name, {
      configurable: true,
      value: (descriptor: never) => {
        made.push(name);
        return original(descriptor);
      },
    });
    return name;
  });
  const bytes = runner.gpuBytes();
  collect();
  const heap = process.memoryUsage().heapUsed;
  const loss = await train(runner, 1000);
  collect();
  const grown = process.memoryUsage().heapUsed - heap;
  for (const name of originals) Reflect.deleteProperty(device, name);

  console.info(
    `loss ${first.toFixed(4)} → ${loss.toFixed(4)}; heap grew by ${(grown / 1024).toFixed(0)} KiB`,
  );
  expect(loss).toBeLessThan(first);
  expect(made).toEqual([]);
  expect(runner.gpuBytes()).toBe(bytes);
  expect(grown).toBeLessThan(512 * 1024);
  runner.destroy();
});

it('gives the same bits when run twice', async () => {
  const states = [];
  for (let run = 0; run < 2; run += 1) {
    const runner = await openRunner();
    await train(runner, 20);
    states.push(await runner.readState());
    runner.destroy();
  }
  const [a, b] = states;
  for (const [name, values] of a?.weights ?? [])
    expect(sameBits(b?.weights.get(name), values), name).toBe(true);
  for (const [name, values] of a?.ema ?? []) expect(sameBits(b?.ema?.get(name), values), name).toBe(true);
});
