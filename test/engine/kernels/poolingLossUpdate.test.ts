/** Pools, loss and optimizer against their definitions in double precision. */
import { describe, expect, it } from 'vitest';
import { paddedChannels } from '../../../src/engine/kernels/kernel.ts';
import { biasGradient, softmaxCrossEntropy } from '../../../src/engine/kernels/loss.ts';
import {
  averagePool,
  maxPool,
  maxPoolGradient,
  padColours,
  type PoolShape,
} from '../../../src/engine/kernels/pooling.ts';
import { sgdStep, sumPartials } from '../../../src/engine/kernels/update.ts';
import {
  maxPoolWinners,
  referenceAveragePool,
  referenceCrossEntropy,
  referenceSgd,
} from '../../../src/engine/selfTest/layerReference.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, relativeL2 } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

const engine = await createTestDevice();
const at = (values: ArrayLike<number>, i: number) => values[i] ?? NaN;

describe.each([
  [2, 9, 7, 8, 3, 2, 1],
  [1, 1, 1, 4, 3, 2, 1],
  [3, 6, 8, 12, 2, 2, 0],
  [1, 5, 5, 4, 3, 1, 1],
] as const)('max-pool of %i × %i × %i × %i, kernel %i, stride %i, padding %i', (...sizes) => {
  const [batch, inHeight, inWidth, channels, kernelPx, stridePx, paddingPx] = sizes;
  const count = (side: number) => Math.floor((side + 2 * paddingPx - kernelPx) / stridePx) + 1;
  const [outHeight, outWidth] = [count(inHeight), count(inWidth)];
  const shape: PoolShape = {
    batch,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    channels,
    kernelPx,
    stridePx,
    paddingPx,
  };
  // Few distinct values: windows with several largest ones (+ 0: no negative zeros).
  const x = hashUniform(batch * inHeight * inWidth * channels, 1).map(
    (value) => Math.round(value * 2) / 2 + 0,
  );
  const outElements = batch * outHeight * outWidth * channels;

  const winners = maxPoolWinners(shape, x);
  const y = Float32Array.from(winners, (winner) => at(x, winner));

  it('takes the largest', async () => {
    expect(result(await runKernel(engine, maxPool(shape), [x, new Float32Array(outElements)]), 1)).toEqual(y);
  });

  it.each([1, 2] as const)('hands %i gradients back to the first largest', async (gradients) => {
    const tensors = Array.from({ length: gradients }, (_, i) => hashUniform(outElements, 5 + i));
    const results = await runKernel(engine, maxPoolGradient(shape, gradients), [
      ...[x, y, new Float32Array(x.length).fill(9), ...tensors],
    ]);
    const expected = new Float64Array(x.length);
    winners.forEach((winner, i) => {
      expected[winner] = at(expected, winner) + tensors.reduce((sum, tensor) => sum + at(tensor, i), 0);
    });
    expect(relativeL2(result(results, 2), expected)).toBeLessThan(1e-6);
  });
});

it('averages the pixels of an image', async () => {
  const [batch, pixels, channels] = [3, 5, 8];
  const x = hashUniform(batch * pixels * channels, 1);
  const [, y] = await runKernel(engine, averagePool(batch, pixels, channels), [
    x,
    new Float32Array(batch * channels),
  ]);
  const expected = referenceAveragePool(x, pixels, channels);
  expect(relativeL2(y ?? [], expected)).toBeLessThan(1e-6);
});

it('fills three colours up to a vector', async () => {
  const images = hashUniform(7 * 3, 1);
  const [, padded] = await runKernel(engine, padColours(7), [images, new Float32Array(7 * 4).fill(3)]);
  expect(padded).toEqual(
    Float32Array.from({ length: 28 }, (_, i) =>
      i % 4 === 3 ? 0 : at(images, Math.floor(i / 4) * 3 + (i % 4)),
    ),
  );
});

describe.each([
  [5, 3, 0],
  [4, 13, 0.1],
  [2, 1000, 0.1],
] as const)('cross-entropy of %i images in %i classes, smoothing %f', (batch, classes, smoothing) => {
  it('gives loss, gradient and what is correct', async () => {
    const stride = paddedChannels(classes);
    const logits = hashUniform(batch * stride, 1).map((value) => value * 8);
    const targets = new Float32Array(batch * stride);
    const soft = hashUniform(batch, 2).map((value) => (value + 1) / 2);
    for (let i = 0; i < batch; i += 1) {
      const first = (i * 5) % classes;
      const second = (i * 7 + 1) % classes;
      targets[i * stride + first] = at(soft, i);
      targets[i * stride + second] = at(targets, i * stride + second) + 1 - at(soft, i);
    }
    // One image that is certainly correct.
    logits[targets.slice(0, stride).indexOf(Math.max(...targets.slice(0, stride)))] = 20;
    const lossWeight = 0.25 / batch;
    const results = await runKernel(
      engine,
      softmaxCrossEntropy(batch, classes, smoothing),
      [logits, targets, new Float32Array(logits.length).fill(5), new Float32Array(batch * 2)],
      [0, lossWeight],
    );
    const expected = referenceCrossEntropy(logits, targets, { batch, classes, smoothing, lossWeight });
    expect(relativeL2(result(results, 2), expected.gradient)).toBeLessThan(2e-6);
    expect(relativeL2(result(results, 3), expected.metrics)).toBeLessThan(2e-6);
    expect(result(results, 3)[1]).toBe(1);
  });
});

it('sums a bias gradient over the rows', async () => {
  const gradient = hashUniform(5 * 12, 1);
  const before = hashUniform(12, 2);
  const expected = (added: number) =>
    Float64Array.from(before, (value, c) =>
      [0, 1, 2, 3, 4].reduce((sum, row) => sum + at(gradient, row * 12 + c), added * value),
    );
  for (const added of [0, 1]) {
    const [, dbias] = await runKernel(engine, biasGradient(5, 12), [gradient, before], [added]);
    expect(relativeL2(dbias ?? [], expected(added))).toBeLessThan(1e-6);
  }
});

it('sums split-K partials', async () => {
  const partials = hashUniform(3 * 20, 1);
  const before = hashUniform(20, 2);
  for (const added of [0, 1]) {
    const [, total] = await runKernel(engine, sumPartials(20, 3), [partials, before], [added]);
    const expected = Float64Array.from(
      before,
      (value, i) => added * value + at(partials, i) + at(partials, 20 + i) + at(partials, 40 + i),
    );
    expect(relativeL2(total ?? [], expected)).toBeLessThan(1e-6);
  }
});

describe.each([false, true])('SGD with Nesterov %s', (nesterov) => {
  it.each([0, 0.75, 1])('and EMA decay %f', async (emaDecay) => {
    const extents = { other: 12, norm: 8, buffers: 4 };
    const settings = {
      momentum: 0.9,
      nesterov,
      weightDecay: 0.1,
      normWeightDecay: 0.02,
      clipGradNorm: null,
      ema: true,
    };
    const [weights, gradients, momentum, ema] = [1, 2, 3, 4].map((salt) => hashUniform(24, salt)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const learningRate = 0.05;
    const results = await runKernel(
      engine,
      sgdStep(extents, settings),
      [weights, gradients, momentum, ema],
      [0, 0, 0, learningRate, emaDecay],
    );
    const arrays = { weights, gradients, momentum, ema };
    const expected = referenceSgd(arrays, extents, settings, { learningRate, emaDecay });
    expect(relativeL2(result(results, 0), expected.weights)).toBeLessThan(1e-6);
    expect(relativeL2(result(results, 2), expected.momentum)).toBeLessThan(1e-6);
    expect(relativeL2(result(results, 3), expected.ema)).toBeLessThan(1e-6);
    if (emaDecay === 1) expect(result(results, 3)).toEqual(ema);
  });
});
