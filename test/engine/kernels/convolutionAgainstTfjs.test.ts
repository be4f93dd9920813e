/**
 * The convolution kernels against tfjs's operations on the same device, in every variant the device can run, over
 * seeded shapes. Tolerances are derived from float32 and the sum of absolute terms (test/support/tfjsOracle.ts).
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { convolutionVariants } from '../../../src/engine/kernelChoice.ts';
import { batchNormEpsilon, batchNormStatistics } from '../../../src/engine/kernels/batchNorm.ts';
import {
  filterElements,
  linearShape,
  outputSize,
  type ConvolutionShape,
} from '../../../src/engine/kernels/convolution.ts';
import {
  convolutionFilterGradient,
  filterGradientShares,
} from '../../../src/engine/kernels/convolutionFilterGradient.ts';
import { convolutionForward, forwardTiles } from '../../../src/engine/kernels/convolutionForward.ts';
import {
  convolutionInputGradient,
  inputGradientTiles,
} from '../../../src/engine/kernels/convolutionInputGradient.ts';
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
 * Each kernel size and stride once with one image and once with more; sides from one pixel to 13. All have several output
 * pixels, which statistics need.
 */
const shapes: ConvolutionShape[] = [1, 3, 7].flatMap((kernelPx) =>
  [1, 2].flatMap((stridePx) =>
    [0, 1].map((several) => {
      const { between } = choices(kernelPx * 10 + stridePx * 2 + several);
      return {
        batch: several === 0 ? 1 : between(2, 4),
        inHeight: between(1, 13),
        inWidth: between(1, 13),
        inChannels: 4 * between(1, 20),
        outChannels: 4 * between(1, 20),
        kernelPx,
        stridePx,
        paddingPx: (kernelPx - 1) / 2,
      };
    }),
  ),
);

const engine = await createOracleDevice();

function name({ batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx }: ConvolutionShape) {
  return `${batch}×${inHeight}×${inWidth}×${inChannels} → ${outChannels}, kernel ${kernelPx}, stride ${stridePx}`;
}

/** Random operands of the three passes as the kernels and as tfjs take them. */
function operands(shape: ConvolutionShape) {
  const { height, width } = outputSize(shape);
  const { batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx, paddingPx } = shape;
  const x = hashUniform(batch * inHeight * inWidth * inChannels, 1);
  const w = hashUniform(filterElements(shape), 2);
  const dy = hashUniform(batch * height * width * outChannels, 3);
  const images = () => tf.tensor4d(x, [batch, inHeight, inWidth, inChannels]);
  const filter = () => tf.tensor4d(w, [kernelPx, kernelPx, inChannels, outChannels]);
  const gradient = () => tf.tensor4d(dy, [batch, height, width, outChannels]);
  const convolve = (a: tf.Tensor, b: tf.Tensor) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stridePx, paddingPx);
  return { x, w, dy, images, filter, gradient, convolve, pixels: batch * height * width };
}

/** Twice: both results have the error. */
const bounds = (absolute: Float32Array, terms: number) => absolute.map((sum) => 2 * sumError(terms) * sum);

describe.each(convolutionVariants(engine))('convolution kernels against tfjs, $rows $tileRows', (variant) => {
  describe.each(shapes.map((shape) => [name(shape), shape] as const))('%s', (_, shape) => {
    const { x, w, dy, images, filter, gradient, convolve, pixels } = operands(shape);
    const { inChannels, outChannels, kernelPx } = shape;
    const forwardTerms = kernelPx ** 2 * inChannels;

    it('forward, plain and with a bias', async () => {
      const bias = hashUniform(outChannels, 4);
      const expected = await tfjsValues(() => {
        const y = convolve(images(), filter());
        const absolute = convolve(tf.abs(images()), tf.abs(filter()));
        return {
          ...{ y, absolute, withBias: tf.add(y, tf.tensor1d(bias)) },
          absoluteWithBias: tf.add(absolute, tf.abs(tf.tensor1d(bias))),
        };
      });
      const out = new Float32Array(dy.length);
      const plain = await runKernel(engine, convolutionForward(shape, variant), [x, w, out]);
      expectWithin(result(plain, 2), expected.y, bounds(expected.absolute, forwardTerms));
      const biased = await runKernel(engine, convolutionForward(shape, variant, 'bias'), [x, w, out, bias]);
      const bound = bounds(expected.absoluteWithBias, forwardTerms + 1);
      expectWithin(result(biased, 2), expected.withBias, bound);
    });

    it('forward with statistics, merged: tf.moments of the result', async () => {
      const expected = await tfjsValues(() => {
        const y = convolve(images(), filter());
        const { mean, variance } = tf.moments(y, [0, 1, 2]);
        // Errors of y itself, and of its difference from the mean.
        const own = tf.mul(convolve(tf.abs(images()), tf.abs(filter())), 2 * sumError(forwardTerms));
        const error = tf.add(own, tf.mul(tf.add(tf.abs(y), tf.abs(mean)), 4 * roundoff));
        const summed = 2 * sumError(pixels);
        const meanBound = tf.add(tf.mean(own, [0, 1, 2]), tf.mul(tf.mean(tf.abs(y), [0, 1, 2]), summed));
        // Σ(d + e)² − Σd² ≤ 2·√(Σd²·Σe²) + Σe², and the mean's own error enters squared.
        const squares = tf.add(tf.mean(tf.square(error), [0, 1, 2]), tf.square(meanBound));
        const cross = tf.mul(tf.sqrt(tf.mul(variance, squares)), 2);
        const varianceBound = tf.addN([cross, squares, tf.mul(variance, summed)]);
        return { y, own, mean, variance, meanBound, varianceBound };
      });
      const tiles = forwardTiles(shape, variant);
      const forward = await runKernel(engine, convolutionForward(shape, variant, 'statistics'), [
        ...[x, w, new Float32Array(dy.length), new Float32Array(tiles * 2 * outChannels)],
      ]);
      expectWithin(result(forward, 2), expected.y, expected.own);
      const merge = batchNormStatistics(pixels, outChannels, { tiles, tileRows: variant.tileRows });
      const [ones, zeros] = [new Float32Array(outChannels).fill(1), new Float32Array(outChannels)];
      const buffers = [result(forward, 3), ones, zeros, zeros, ones, new Float32Array(4 * outChannels)];
      const moments = result(await runKernel(engine, merge, buffers, [0, 0, 0]), 5);
      expectWithin(moments.subarray(0, outChannels), expected.mean, expected.meanBound);
      const inverse = moments.subarray(outChannels, 2 * outChannels);
      expected.variance.forEach((variance, c) => {
        // 1/√ falls: its values at both ends of what the variance may be, and 8 roundings of its own.
        const bound = expected.varianceBound[c] ?? NaN;
        const at = (value: number) => 1 / Math.sqrt(Math.max(value, 0) + batchNormEpsilon);
        expect(inverse[c]).toBeGreaterThanOrEqual(at(variance + bound) * (1 - 8 * roundoff));
        expect(inverse[c]).toBeLessThanOrEqual(at(variance - bound) * (1 + 8 * roundoff));
      });
    });

    it('input gradient, plain and behind batch norm and ReLU', async () => {
      // Sixteenths: which side of the kink a value lies on is exact, so both mask the same.
      const sixteenths = (values: Float32Array) => values.map((value) => Math.round(value * 16) / 16);
      const y = sixteenths(x);
      const moments = sixteenths(hashUniform(4 * inChannels, 6));
      const expected = await tfjsValues(() => {
        const back = (g: tf.Tensor, f: tf.Tensor) =>
          tf.grad((input: tf.Tensor) => convolve(input, f))(images(), g);
        const dx = back(gradient(), filter());
        const absolute = back(tf.abs(gradient()), tf.abs(filter()));
        const [mean, inverse, scale, shift] = tf.unstack(tf.tensor2d(moments, [4, inChannels]));
        if (mean === undefined || inverse === undefined || scale === undefined || shift === undefined)
          throw new Error('moments has four rows');
        const activation = tf.tensor4d(y, dx.shape as [number, number, number, number]);
        const passes = tf.cast(tf.greater(tf.add(tf.mul(activation, scale), shift), 0), 'float32');
        const dz = tf.mul(dx, passes);
        const masked = tf.mul(absolute, passes);
        const normalised = tf.mul(tf.sub(activation, mean), inverse);
        const overRows = (values: tf.Tensor) => tf.sum(values, [0, 1, 2]);
        return {
          ...{ dx, absolute, dz, masked, sum: overRows(dz), absoluteSum: overRows(masked) },
          product: overRows(tf.mul(dz, normalised)),
          absoluteProduct: overRows(tf.mul(masked, tf.abs(normalised))),
        };
      });
      const terms = kernelPx ** 2 * outChannels;
      const plain = await runKernel(engine, convolutionInputGradient(shape, variant), [dy, w, x]);
      expectWithin(result(plain, 2), expected.dx, bounds(expected.absolute, terms));

      const tiles = inputGradientTiles(shape, variant);
      const masked = await runKernel(engine, convolutionInputGradient(shape, variant, 'batchNorm'), [
        ...[dy, w, new Float32Array(x.length), y, moments, new Float32Array(tiles * 2 * inChannels).fill(7)],
      ]);
      expectWithin(result(masked, 2), expected.dz, bounds(expected.masked, terms));
      const width = 2 * inChannels;
      const merged = await runKernel(
        engine,
        sumPartials(width, tiles),
        [result(masked, 5), new Float32Array(width)],
        [0],
      );
      const sums = result(merged, 1);
      // One sum over everything: products of a value's sum, and values.
      const all = terms * (x.length / inChannels);
      expectWithin(sums.subarray(0, inChannels), expected.sum, bounds(expected.absoluteSum, all));
      expectWithin(sums.subarray(inChannels), expected.product, bounds(expected.absoluteProduct, all));
    });

    it('filter gradient, replaced, added, and in shares', async () => {
      const before = hashUniform(w.length, 5);
      const expected = await tfjsValues(() => {
        const back = (input: tf.Tensor, g: tf.Tensor) =>
          tf.grad((f: tf.Tensor) => convolve(input, f))(filter(), g);
        const dw = back(images(), gradient());
        const absolute = back(tf.abs(images()), tf.abs(gradient()));
        const earlier = tf.tensor(before, dw.shape);
        return {
          ...{ dw, absolute, added: tf.add(dw, earlier) },
          absoluteAdded: tf.add(absolute, tf.abs(earlier)),
        };
      });
      const once = convolutionFilterGradient(shape, variant, 1);
      const replaced = await runKernel(engine, once, [x, dy, before], [0]);
      expectWithin(result(replaced, 2), expected.dw, bounds(expected.absolute, pixels));
      const added = await runKernel(engine, once, [x, dy, before], [1]);
      const addedBounds = bounds(expected.absoluteAdded, pixels + 1);
      expectWithin(result(added, 2), expected.added, addedBounds);

      const shares = filterGradientShares(shape, variant, 1024);
      if (shares === 1) return;
      const split = convolutionFilterGradient(shape, variant, shares);
      const partials = new Float32Array(shares * w.length);
      const shared = result(await runKernel(engine, split, [x, dy, partials]), 2);
      const total = await runKernel(engine, sumPartials(w.length, shares), [shared, before], [1]);
      expectWithin(result(total, 1), expected.added, addedBounds);
    });
  });

  it.each([0, 1, 2])('linear layer %i', async (seed) => {
    const { between } = choices(500 + seed);
    const [batch, inFeatures, outFeatures] = [between(1, 9), 4 * between(1, 130), 4 * between(1, 20)];
    const shape = linearShape(batch, inFeatures, outFeatures);
    const { x, w } = operands(shape);
    const bias = hashUniform(outFeatures, 4);
    const expected = await tfjsValues(() => {
      const layer = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        tf.add(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), c);
      const all = [
        tf.tensor2d(x, [batch, inFeatures]),
        tf.tensor2d(w, [inFeatures, outFeatures]),
        tf.tensor1d(bias),
      ] as const;
      const [a, b, c] = all;
      return { y: layer(...all), absolute: layer(tf.abs(a), tf.abs(b), tf.abs(c)) };
    });
    const out = new Float32Array(batch * outFeatures);
    const results = await runKernel(engine, convolutionForward(shape, variant, 'bias'), [x, w, out, bias]);
    expectWithin(result(results, 2), expected.y, bounds(expected.absolute, inFeatures + 1));
  });
});
