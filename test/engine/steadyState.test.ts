/** A long run makes nothing that stays: no GPU object, no GPU byte and no JS heap per step; and repeats by the bit. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sameBits } from '../support/hash.ts';
import { smallBatch, smallClasses, smallGraph, smallState } from '../support/smallGraph.ts';
import { patience } from '../support/patience.ts';

let engine: EngineDevice;
let batch: ReturnType<typeof smallBatch>;

beforeAll(async () => {
  engine = await createTestDevice();
  batch = smallBatch(engine, 99);
});

async function openRunner(): Promise<EngineStepRunner> {
  const runner = await EngineStepRunner.create(engine.device, {
    ...{
      graph: smallGraph,
      classCount: smallClasses,
      labelSmoothing: 0.1,
      frozenStages: new Set<never>(),
      choice: defaultKernelChoice(engine),
      storage: 'f32' as const,
    },
    optimizer: {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: true },
      ...{ clipGradNorm: 1 },
    },
  });
  runner.writeState(smallState());
  return runner;
}

async function train(runner: EngineStepRunner, steps: number): Promise<number> {
  let last = NaN;
  for (let step = 0; step < steps; step += 1) {
    const { loss } = await runner.accumulate({
      ...batch,
      gradientWeight: 1,
      updatesRunningStatistics: true,
    });
    runner.update({ learningRate: 0.01, ema: { averageWithDecay: 0.99 } });
    last = loss;
  }
  return last;
}

it('is steady over a thousand steps', { timeout: patience(300_000) }, async () => {
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
