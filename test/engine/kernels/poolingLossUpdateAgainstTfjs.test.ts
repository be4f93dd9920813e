/**
 * Pools, loss and optimizer against tfjs's operations on the same device, over seeded shapes. Tolerances are derived from
 * float32 and the sum of absolute terms (test/support/tfjsOracle.ts); what only moves values must be the same bits.
 */
import * as tf from '@tensorflow/tfjs-core';
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
import { sgdStep } from '../../../src/engine/kernels/update.ts';
import { hashUniform } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';
import {
  choices,
  createOracleDevice,
  expectWithin,
  roundoff,
  sumError,
  tfjsValues,
} from '../../support/tfjsOracle.ts';

const engine = await createOracleDevice();

const seeds = [0, 1, 2, 3, 4, 5];

describe.each(seeds)('pools %i', (seed) => {
  const { between, pick } = choices(200 + seed);
  const batch = seed === 0 ? 1 : between(1, 4);
  const [inHeight, inWidth, channels] = [between(4, 17), between(4, 17), 4 * between(1, 20)];
  const kernelPx = pick([2, 3]);
  const stridePx = pick([1, 2]);
  const paddingPx = kernelPx === 3 ? between(0, 1) : 0;
  const count = (side: number) => Math.floor((side + 2 * paddingPx - kernelPx) / stridePx) + 1;
  const shape: PoolShape = {
    ...{ batch, inHeight, inWidth, channels, kernelPx, stridePx, paddingPx },
    ...{ outHeight: count(inHeight), outWidth: count(inWidth) },
  };
  const inSize = batch * inHeight * inWidth * channels;
  const outSize = batch * shape.outHeight * shape.outWidth * channels;
  // All values differ: where several are the largest, torch and tfjs choose otherwise (poolingLossUpdate.test.ts).
  const order = hashUniform(inSize, 1);
  const x = Float32Array.from(order.keys());
  x.sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
  const images = (values: Float32Array) => tf.tensor4d(values, [batch, inHeight, inWidth, channels]);
  const pool = (values: tf.Tensor) => tf.maxPool(values as tf.Tensor4D, kernelPx, stridePx, paddingPx);

  it('max-pool and its gradient', async () => {
    const gradients = [hashUniform(outSize, 2), hashUniform(outSize, 3)] as const;
    const { y, once, twice, absolute } = await tfjsValues(() => {
      const pooled = pool(images(x));
      const [a, b] = [tf.tensor(gradients[0], pooled.shape), tf.tensor(gradients[1], pooled.shape)];
      const back = (dy: tf.Tensor) => tf.grad(pool)(images(x), dy);
      return {
        ...{ y: pooled, once: back(a), twice: back(tf.add(a, b)) },
        absolute: back(tf.add(tf.abs(a), tf.abs(b))),
      };
    });
    const forward = await runKernel(engine, maxPool(shape), [x, new Float32Array(outSize)]);
    expect(result(forward, 1)).toEqual(y);
    const bound = absolute.map((sum) => 2 * sumError(2 * kernelPx ** 2) * sum);
    for (const [number, expected] of [
      [1, once],
      [2, twice],
    ] as const) {
      const buffers = [x, y, new Float32Array(inSize).fill(9), ...gradients.slice(0, number)];
      const backward = await runKernel(engine, maxPoolGradient(shape, number), buffers);
      expectWithin(result(backward, 2), expected, bound);
    }
  });

  it('average pool', async () => {
    const values = hashUniform(inSize, 4);
    const pixels = inHeight * inWidth;
    const expected = await tfjsValues(() => ({
      mean: tf.mean(images(values), [1, 2]),
      bound: tf.mul(tf.mean(tf.abs(images(values)), [1, 2]), 2 * sumError(pixels)),
    }));
    const buffers = [values, new Float32Array(batch * channels)];
    const results = await runKernel(engine, averagePool(batch, pixels, channels), buffers);
    expectWithin(result(results, 1), expected.mean, expected.bound);
  });

  it('colours filled up to a vector', async () => {
    const pixels = batch * inHeight * inWidth;
    const colours = hashUniform(pixels * 3, 5);
    const { padded } = await tfjsValues(() => ({
      padded: tf.pad(tf.tensor2d(colours, [pixels, 3]), [
        [0, 0],
        [0, 1],
      ]),
    }));
    const buffers = [colours, new Float32Array(pixels * 4).fill(3)];
    expect(result(await runKernel(engine, padColours(pixels), buffers), 1)).toEqual(padded);
  });
});

describe.each(seeds)('loss %i', (seed) => {
  const { between, pick } = choices(300 + seed);
  const batch = seed === 0 ? 1 : between(2, 9);
  const classes = between(2, 200);
  const smoothing = seed === 0 ? 0 : pick([0, 0.1, 0.3]);
  const stride = paddedChannels(classes);
  /** Of softmax's exponents: the logits are in [−8, 8). */
  const largestExponent = 16;
  const logits = hashUniform(batch * stride, 1).map((value) => value * 8);
  // A class each, mixed with another as MixUp does, never by halves: of equal targets tfjs may choose the later.
  const targets = new Float32Array(batch * stride);
  for (let image = 0; image < batch; image += 1) {
    const share = pick([1, 2, 3, 5, 6, 7]) / 8;
    for (const part of [share, 1 - share]) {
      const at = image * stride + between(0, classes - 1);
      targets[at] = (targets[at] ?? 0) + part;
    }
    // Every other image is certainly correct.
    const row = targets.subarray(image * stride, image * stride + classes);
    if (image % 2 === 0) logits[image * stride + row.indexOf(Math.max(...row))] = 8;
  }

  it('softmax cross-entropy, its gradient and what is correct', async () => {
    const lossWeight = 0.5 / batch;
    // exp is accurate to 3 + 2·|x| units in the last place in WGSL, log to 2⁻²¹ near 1; a unit is two roundings.
    const shareError = 2 * (2 * (3 + 2 * largestExponent) * roundoff + sumError(classes) + 4 * roundoff);
    const expected = await tfjsValues(() => {
      const cut = (values: Float32Array) =>
        tf.slice(tf.tensor2d(values, [batch, stride]), [0, 0], [batch, classes]);
      const smoothed = tf.add(tf.mul(cut(targets), 1 - smoothing), smoothing / classes);
      const lossOf = (values: tf.Tensor) => tf.neg(tf.sum(tf.mul(smoothed, tf.logSoftmax(values)), 1));
      const weighted = (values: tf.Tensor) => tf.mul(tf.sum(lossOf(values)), lossWeight);
      const gradient = tf.grad(weighted)(cut(logits));
      const terms = tf.add(tf.mul(tf.softmax(cut(logits)), shareError), tf.mul(smoothed, shareError));
      const distance = tf.add(tf.abs(tf.sub(cut(logits), tf.max(cut(logits), 1, true))), 1);
      const lossTerms = tf.sum(tf.mul(smoothed, distance), 1);
      const fill = (values: tf.Tensor) =>
        tf.pad(values, [
          [0, 0],
          [0, stride - classes],
        ]);
      return {
        loss: lossOf(cut(logits)),
        lossBound: tf.add(tf.mul(lossTerms, shareError), 2 * 2 ** -21),
        gradient: fill(gradient),
        gradientBound: fill(tf.mul(terms, lossWeight)),
        correct: tf.equal(tf.argMax(cut(logits), 1), tf.argMax(cut(targets), 1)),
      };
    });
    const results = await runKernel(
      engine,
      softmaxCrossEntropy(batch, classes, smoothing),
      [logits, targets, new Float32Array(logits.length).fill(5), new Float32Array(2 * batch)],
      [0, lossWeight],
    );
    expectWithin(result(results, 2), expected.gradient, expected.gradientBound);
    const metrics = result(results, 3);
    expectWithin(
      metrics.filter((_, i) => i % 2 === 0),
      expected.loss,
      expected.lossBound,
    );
    expect([...metrics.filter((_, i) => i % 2 === 1)]).toEqual([...expected.correct]);
    expect(expected.correct[0]).toBe(1);
  });

  it('bias gradient, replaced and added', async () => {
    const gradient = hashUniform(batch * stride, 6);
    const before = hashUniform(stride, 7);
    for (const added of [0, 1]) {
      const expected = await tfjsValues(() => {
        const rows = tf.tensor2d(gradient, [batch, stride]);
        const earlier = tf.mul(tf.tensor1d(before), added);
        return {
          sum: tf.add(tf.sum(rows, 0), earlier),
          absolute: tf.add(tf.sum(tf.abs(rows), 0), tf.abs(earlier)),
        };
      });
      const results = await runKernel(engine, biasGradient(batch, stride), [gradient, before], [added]);
      const bound = expected.absolute.map((sum) => 2 * sumError(batch + 1) * sum);
      expectWithin(result(results, 1), expected.sum, bound);
    }
  });
});

describe.each(seeds)('SGD %i', (seed) => {
  const { between, pick } = choices(400 + seed);
  const extents = { other: 4 * between(1, 60), norm: 4 * between(1, 20), buffers: 4 * between(0, 20) };
  const settings = {
    momentum: pick([0, 0.5, 0.9]),
    nesterov: seed % 2 === 1,
    weightDecay: pick([0, 1e-4, 0.1]),
    normWeightDecay: pick([0, 0.02]),
    clipGradNorm: null,
    ema: true,
  };

  it.each([0, 0.999, 1])('and EMA decay %f', async (asked) => {
    // As the kernel gets it, so that 1 − decay is the same in both.
    const emaDecay = Math.fround(asked);
    const trained = extents.other + extents.norm;
    const total = trained + extents.buffers;
    const [weights, gradients, momentum, ema] = [1, 2, 3, 4].map((salt) => hashUniform(total, salt)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const learningRate = between(1, 100) / 200;
    const expected = await tfjsValues(() => {
      const part = (values: Float32Array) => tf.tensor1d(values.subarray(0, trained));
      const decay = tf.concat([
        tf.fill([extents.other], settings.weightDecay),
        tf.fill([extents.norm], settings.normWeightDecay),
      ]);
      /** The same formula over values or over their absolute values; `sign` of the step. */
      const step = (view: (values: tf.Tensor) => tf.Tensor, sign: 1 | -1) => {
        const weight = view(part(weights));
        const gradient = tf.add(view(part(gradients)), tf.mul(decay, weight));
        const moved = tf.add(tf.mul(view(part(momentum)), settings.momentum), gradient);
        const applied = settings.nesterov ? tf.add(gradient, tf.mul(moved, settings.momentum)) : moved;
        const rest = view(tf.tensor1d(weights.subarray(trained)));
        const next = tf.concat([tf.add(weight, tf.mul(applied, sign * learningRate)), rest]);
        const average = tf.add(tf.mul(view(tf.tensor1d(ema)), emaDecay), tf.mul(next, 1 - emaDecay));
        return { weights: next, momentum: moved, ema: average };
      };
      const values = step((tensor) => tensor, -1);
      const absolute = step((tensor) => tf.abs(tensor), 1);
      // Two roundings for each of the five multiply-adds of the longest formula, in both results.
      const bound = (tensor: tf.Tensor) => tf.mul(tensor, 20 * roundoff);
      return {
        ...values,
        weightsBound: bound(absolute.weights),
        momentumBound: bound(absolute.momentum),
        emaBound: bound(absolute.ema),
      };
    });
    const buffers = [weights, gradients.subarray(0, trained), momentum.subarray(0, trained), ema];
    const parameters = [0, 0, 0, learningRate, emaDecay];
    const results = await runKernel(engine, sgdStep(extents, settings), buffers, parameters);
    expectWithin(result(results, 0), expected.weights, expected.weightsBound);
    expectWithin(result(results, 1), gradients.subarray(0, trained), 0);
    expectWithin(result(results, 2), expected.momentum, expected.momentumBound);
    expectWithin(result(results, 3), expected.ema, expected.emaBound);
    const withoutEma = { ...settings, ema: false };
    const plain = await runKernel(engine, sgdStep(extents, withoutEma), buffers.slice(0, 3), parameters);
    expect(result(plain, 0)).toEqual(result(results, 0));
  });
});
