/** The step that jax-js is timed with computes what the engine's does. */
import { expect, it } from 'vitest';
import { startJax } from '../../bench/measure/jax.ts';
import { prepareJaxStep } from '../../bench/measure/jaxStep.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { createStepRunner } from '../../src/train/runners.ts';
import { createTestDevice } from '../support/gpu.ts';
import { hashUniform, relativeL2 } from '../support/hash.ts';
import { smallClassCount, smallNetwork, smallState, smallTargets } from '../support/smallNetwork.ts';

const batch = 4;
const sizePx = 8;
const steps = 3;
const learningRate = 0.05;
const emaDecay = 0.9;
const recipe: Recipe = { ...presets.reference.recipe, weightDecay: 0.1, normWeightDecay: 0.05 };

it('has the engine’s losses, weights, running statistics and EMA', { timeout: 120_000 }, async () => {
  const engine = await createTestDevice();
  const images = hashUniform(batch * sizePx * sizePx * 3, 99);
  const targets = smallTargets(batch);
  const buffer = engine.device.createBuffer({
    size: images.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  engine.device.queue.writeBuffer(buffer, 0, images);
  const runner = await createStepRunner('engine', engine, {
    ...{ graph: smallNetwork, classCount: smallClassCount, recipe, frozenStages: new Set<never>() },
  });
  runner.writeState(smallState());
  const losses: number[] = [];
  for (let i = 0; i < steps; i += 1) {
    const { loss } = await runner.accumulate({
      ...{ images: buffer, batchSize: batch, sizePx, targets },
      ...{ gradientWeight: 1, updatesRunningStatistics: true },
    });
    runner.update({ learningRate, ema: { averageWithDecay: emaDecay } });
    losses.push(loss);
  }
  const expected = await runner.readState();
  runner.destroy();

  await startJax();
  const jax = prepareJaxStep({
    ...{ graph: smallNetwork, recipe, state: smallState(), images, targets },
    ...{ batch, sizePx, learningRate, emaDecay },
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
});
