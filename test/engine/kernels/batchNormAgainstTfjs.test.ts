/**
 * Batch norm's kernels, forward and backward, against tf.moments, tf.batchNorm and their gradients on the same device,
 * over seeded shapes. Tolerances are derived from float32 and the sum of absolute terms (test/support/tfjsOracle.ts).
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import {
  batchNormApply,
  batchNormEpsilon,
  batchNormRunning,
  batchNormStatistics,
  runningStatisticsMomentum,
} from '../../../src/engine/kernels/batchNorm.ts';
import {
  activationGradient,
  batchNormGradients,
  batchNormInputGradient,
  gradientTiles,
} from '../../../src/engine/kernels/batchNormGradient.ts';
import { sumPartials } from '../../../src/engine/kernels/update.ts';
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

/**
 * Roundings from y to γ·(y − mean)/√(variance + ε) + β, the inverse root counted as its accuracy in WGSL allows (2
 * units in the last place, 4 roundings), for both results together.
 */
const normaliseError = 24 * roundoff;

const shapes = Array.from({ length: 6 }, (_, seed) => {
  const { between } = choices(100 + seed);
  const batch = seed === 0 ? 1 : between(1, 5);
  return { batch, height: between(3, 19), width: between(3, 19), channels: 4 * between(1, 20) };
});

const engine = await createOracleDevice();

describe.each(shapes)('batch norm of $batch × $height × $width × $channels', (shape) => {
  const { batch, height, width, channels } = shape;
  const rows = batch * height * width;
  const size = rows * channels;
  const image = (values: Float32Array) => tf.tensor4d(values, [batch, height, width, channels]);
  const overRows = (values: tf.Tensor) => tf.sum(values, [0, 1, 2]);
  const [x, other] = [hashUniform(size, 1), hashUniform(size, 2)];
  const [gamma, beta, mean, otherMean] = [3, 4, 5, 6].map((salt) => hashUniform(channels, salt)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const variance = hashUniform(channels, 7).map((value) => 1.1 + value);

  async function runningMoments(means: Float32Array): Promise<Float32Array> {
    const buffers = [gamma, beta, means, variance, new Float32Array(4 * channels)];
    return result(await runKernel(engine, batchNormRunning(channels), buffers), 4);
  }

  /** Partials of tiles of one row: the row itself, and no squared differences. */
  async function batchMoments(): Promise<Float32Array[]> {
    const partials = new Float32Array(2 * size);
    for (let row = 0; row < rows; row += 1)
      partials.set(x.subarray(row * channels, (row + 1) * channels), 2 * row * channels);
    const call = batchNormStatistics(rows, channels, { tiles: rows, tileRows: 1 });
    const buffers = [partials, gamma, beta, mean, variance, new Float32Array(4 * channels)];
    return await runKernel(engine, call, buffers, [0, 0, 1]);
  }

  it('moves the running statistics by those of the batch', async () => {
    const expected = await tfjsValues(() => {
      const moments = tf.moments(image(x), [0, 1, 2]);
      const moved = (running: Float32Array, value: tf.Tensor) =>
        tf.add(
          tf.mul(tf.tensor1d(running), 1 - runningStatisticsMomentum),
          tf.mul(value, runningStatisticsMomentum),
        );
      const absolute = tf.mean(tf.add(tf.abs(image(x)), tf.abs(moments.mean)), [0, 1, 2]);
      const squares = tf.mean(tf.square(tf.add(tf.abs(image(x)), tf.abs(moments.mean))), [0, 1, 2]);
      return {
        mean: moved(mean, moments.mean),
        variance: moved(variance, tf.mul(moments.variance, rows / (rows - 1))),
        meanBound: tf.mul(tf.add(absolute, 1), 2 * sumError(rows)),
        varianceBound: tf.mul(tf.add(squares, tf.tensor1d(variance)), 2 * sumError(rows)),
      };
    });
    const results = await batchMoments();
    expectWithin(result(results, 3), expected.mean, expected.meanBound);
    expectWithin(result(results, 4), expected.variance, expected.varianceBound);
  });

  it.each(['none', 'activation', 'batchNorm'] as const)('normalises, with residual %s', async (residual) => {
    const expected = await tfjsValues(() => {
      const normalise = (values: tf.Tensor4D, means: Float32Array) =>
        tf.batchNorm4d(
          values,
          ...[tf.tensor1d(means), tf.tensor1d(variance), tf.tensor1d(beta), tf.tensor1d(gamma)],
          batchNormEpsilon,
        );
      /** Σ of absolute terms: (|y| + |mean|)·|scale| + |β|. */
      const terms = (values: tf.Tensor4D, means: Float32Array) => {
        const scale = tf.div(tf.abs(tf.tensor1d(gamma)), tf.sqrt(tf.tensor1d(variance)));
        const centred = tf.add(tf.abs(values), tf.abs(tf.tensor1d(means)));
        return tf.add(tf.mul(centred, scale), tf.abs(tf.tensor1d(beta)));
      };
      const added = { none: tf.zeros([1]), activation: image(other), batchNorm: image(other) }[residual];
      const isNorm = residual === 'batchNorm';
      const identity = isNorm ? normalise(image(other), otherMean) : added;
      const sum = tf.add(normalise(image(x), mean), identity);
      const absolute = tf.add(
        terms(image(x), mean),
        isNorm ? terms(image(other), otherMean) : tf.abs(identity),
      );
      return { sum, rectified: tf.relu(sum), bound: tf.mul(absolute, normaliseError) };
    });
    const [moments, otherMoments] = [await runningMoments(mean), await runningMoments(otherMean)];
    const extra = { none: [], activation: [other], batchNorm: [other, otherMoments] }[residual];
    for (const relu of [false, true]) {
      const call = batchNormApply(rows, channels, residual, relu);
      const results = await runKernel(engine, call, [x, moments, new Float32Array(size), ...extra]);
      // ReLU brings values no further apart.
      expectWithin(result(results, 2), relu ? expected.rectified : expected.sum, expected.bound);
    }
  });

  it.each([
    { tensors: 1, pooled: false, batchNorms: 1 },
    { tensors: 2, pooled: false, batchNorms: 2 },
    { tensors: 0, pooled: true, batchNorms: 2 },
    { tensors: 2, pooled: true, batchNorms: 1 },
  ] as const)('hands gradients back through a ReLU: %j', async (sources) => {
    const activation = hashUniform(size, 20).map((value) => Math.max(value, 0));
    const tensors = [hashUniform(size, 21), hashUniform(size, 22)].slice(0, sources.tensors);
    const pooled = hashUniform(batch * channels, 23);
    const norms = [
      { y: x, moments: await runningMoments(mean) },
      { y: other, moments: await runningMoments(otherMean) },
    ].slice(0, sources.batchNorms);
    const tiles = gradientTiles(rows);
    const results = await runKernel(engine, activationGradient(batch, height * width, channels, sources), [
      ...[activation, new Float32Array(size), ...tensors, ...(sources.pooled ? [pooled] : [])],
      ...norms.flatMap(({ y, moments }) => [y, moments, new Float32Array(2 * tiles * channels)]),
    ]);
    const expected = await tfjsValues(() => {
      const pool = tf.div(tf.tensor4d(pooled, [batch, 1, 1, channels]), height * width);
      const all = [...tensors.map(image), ...(sources.pooled ? [tf.add(tf.zerosLike(image(x)), pool)] : [])];
      const back = (dy: tf.Tensor) => tf.grad((input: tf.Tensor) => tf.relu(input))(image(activation), dy);
      const dz = back(tf.addN(all));
      const absolute = back(tf.addN(all.map((tensor) => tf.abs(tensor))));
      return { dz, bound: tf.mul(absolute, 2 * sumError(all.length)) };
    });
    expectWithin(result(results, 1), expected.dz, expected.bound);

    const first = 2 + tensors.length + (sources.pooled ? 1 : 0);
    for (const [i, { y, moments }] of norms.entries()) {
      const sums = await tfjsValues(() => {
        const dz = image(expected.dz);
        const centred = tf.sub(image(y), tf.tensor1d(moments.subarray(0, channels)));
        const normalised = tf.mul(centred, tf.tensor1d(moments.subarray(channels, 2 * channels)));
        const error = 2 * sumError(rows + sources.tensors + 1);
        const absolute = [tf.abs(dz), tf.abs(tf.mul(dz, normalised))].map(overRows);
        const carried = [image(expected.bound), tf.mul(image(expected.bound), tf.abs(normalised))].map(
          overRows,
        );
        return {
          sums: tf.concat([overRows(dz), overRows(tf.mul(dz, normalised))]),
          bound: tf.add(tf.mul(tf.concat(absolute), error), tf.concat(carried)),
        };
      });
      const partials = result(results, first + 3 * i + 2);
      const total = [partials, new Float32Array(2 * channels)];
      const merged = await runKernel(engine, sumPartials(2 * channels, tiles), total, [0]);
      expectWithin(result(merged, 1), sums.sums, sums.bound);
    }
  });

  it('gives the gradients of γ, β and the input, through the statistics', async () => {
    const dy = hashUniform(size, 30);
    const before = hashUniform(2 * channels, 31);
    const expected = await tfjsValues(() => {
      const [dx, dgamma, dbeta] = tf.grads((input: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) => {
        const moments = tf.moments(input, [0, 1, 2]);
        return tf.batchNorm4d(
          input as tf.Tensor4D,
          ...([moments.mean, moments.variance, shift, scale] as [
            tf.Tensor1D,
            tf.Tensor1D,
            tf.Tensor1D,
            tf.Tensor1D,
          ]),
          batchNormEpsilon,
        );
      })([image(x), tf.tensor1d(gamma), tf.tensor1d(beta)], image(dy));
      if (dx === undefined || dgamma === undefined || dbeta === undefined) throw new Error('three gradients');
      const moments = tf.moments(image(x), [0, 1, 2]);
      const inverse = tf.rsqrt(tf.add(moments.variance, batchNormEpsilon));
      // |x̂| with its terms taken absolutely; its largest says how much x's rounding grows in √variance.
      const normalised = tf.mul(tf.add(tf.abs(image(x)), tf.abs(moments.mean)), inverse);
      const growth = tf.mul(tf.add(tf.max(normalised, [0, 1, 2]), 1), 2 * sumError(rows) + normaliseError);
      const absolute = tf.abs(image(dy));
      const total = overRows(absolute);
      const product = overRows(tf.mul(absolute, normalised));
      const terms = tf.add(absolute, tf.div(tf.add(total, tf.mul(normalised, product)), rows));
      return {
        ...{ dx, dgamma, dbeta },
        dxBound: tf.mul(tf.mul(terms, tf.mul(tf.abs(tf.tensor1d(gamma)), inverse)), growth),
        dgammaBound: tf.mul(tf.add(product, 1), growth),
        dbetaBound: tf.mul(tf.add(total, 1), 2 * sumError(rows)),
      };
    });
    const moments = result(await batchMoments(), 5);
    const tiles = gradientTiles(rows);
    const sources = { tensors: 1, pooled: false, batchNorms: 1 } as const;
    const behind = await runKernel(engine, activationGradient(batch, height * width, channels, sources), [
      ...[new Float32Array(size).fill(1), new Float32Array(size), dy],
      ...[x, moments, new Float32Array(2 * tiles * channels)],
    ]);
    const buffers = [result(behind, 5), moments, new Float32Array(3 * channels)];
    const gradients = [before.slice(0, channels), before.slice(channels)];
    for (const added of [0, 1]) {
      const call = batchNormGradients(rows, channels, tiles);
      const results = await runKernel(engine, call, [...buffers, ...gradients], [added]);
      const plus = (values: Float32Array, earlier: Float32Array | undefined) =>
        values.map((value, c) => value + added * (earlier?.[c] ?? NaN));
      expectWithin(result(results, 3), plus(expected.dgamma, gradients[0]), expected.dgammaBound);
      expectWithin(result(results, 4), plus(expected.dbeta, gradients[1]), expected.dbetaBound);
      const input = batchNormInputGradient(rows, channels, false);
      const operands = [dy, new Float32Array(size), moments, x, result(results, 2)];
      expectWithin(result(await runKernel(engine, input, operands), 1), expected.dx, expected.dxBound);
    }
  });

  it('gives the gradient of the input where the statistics are frozen', async () => {
    const dy = hashUniform(size, 30);
    const expected = await tfjsValues(() => {
      const operands = [mean, variance, beta, gamma].map((values) => tf.tensor1d(values)) as [
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      const dx = tf.grad((input: tf.Tensor) =>
        tf.batchNorm4d(input as tf.Tensor4D, ...operands, batchNormEpsilon),
      )(image(x), image(dy));
      return { dx, bound: tf.mul(tf.abs(dx), normaliseError) };
    });
    const call = batchNormInputGradient(rows, channels, true);
    const results = await runKernel(engine, call, [dy, new Float32Array(size), await runningMoments(mean)]);
    expectWithin(result(results, 1), expected.dx, expected.bound);
  });
});
