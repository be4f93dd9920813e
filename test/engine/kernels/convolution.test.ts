/** The convolution kernels against their definition in double precision, over randomised shapes. */
import { describe, expect, it } from 'vitest';
import { convolutionVariants } from '../../../src/engine/kernelChoice.ts';
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
import {
  referenceFilterGradient,
  referenceForward,
  referenceInputGradient,
} from '../../../src/engine/selfTest/convolutionReference.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, relativeL2 } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

/** f32 sums of up to a few thousand products of values in [−1, 1). */
const tolerance = 2e-6;

const named: Record<string, ConvolutionShape> = {
  stem: {
    batch: 2,
    inHeight: 17,
    inWidth: 15,
    inChannels: 4,
    outChannels: 64,
    kernelPx: 7,
    stridePx: 2,
    paddingPx: 3,
  },
  pointwise: {
    batch: 2,
    inHeight: 7,
    inWidth: 5,
    inChannels: 64,
    outChannels: 128,
    kernelPx: 1,
    stridePx: 1,
    paddingPx: 0,
  },
  'pointwise stride 2': {
    batch: 2,
    inHeight: 7,
    inWidth: 6,
    inChannels: 16,
    outChannels: 36,
    kernelPx: 1,
    stridePx: 2,
    paddingPx: 0,
  },
  'stride 2': {
    batch: 1,
    inHeight: 9,
    inWidth: 8,
    inChannels: 32,
    outChannels: 32,
    kernelPx: 3,
    stridePx: 2,
    paddingPx: 1,
  },
  'one pixel': {
    batch: 1,
    inHeight: 1,
    inWidth: 1,
    inChannels: 8,
    outChannels: 12,
    kernelPx: 3,
    stridePx: 2,
    paddingPx: 1,
  },
  linear: linearShape(5, 40, 16),
};

const randomShapes: [string, ConvolutionShape][] = Array.from({ length: 8 }, (_, i) => {
  const draws = hashUniform(8, 900 + i);
  const between = (at: number, low: number, high: number) =>
    low + Math.floor((((draws[at] ?? 0) + 1) / 2) * (high - low + 1));
  const kernelPx = [1, 3, 5, 7][between(0, 0, 3)] ?? 3;
  const shape: ConvolutionShape = {
    batch: between(1, 1, 3),
    inHeight: between(2, 1, 13),
    inWidth: between(3, 1, 13),
    inChannels: 4 * between(4, 1, 11),
    outChannels: 4 * between(5, 1, 11),
    kernelPx,
    stridePx: between(6, 1, 3),
    paddingPx: (kernelPx - 1) / 2,
  };
  return [`random ${String(i)} ${JSON.stringify(Object.values(shape))}`, shape];
});
const shapes = [...Object.entries(named), ...randomShapes];

const engine = await createTestDevice();

describe.each(convolutionVariants(engine))('convolution kernels, $rows $tileRows', (variant) => {
  function values(shape: ConvolutionShape) {
    const { height, width } = outputSize(shape);
    const outPixels = shape.batch * height * width;
    return {
      x: hashUniform(shape.batch * shape.inHeight * shape.inWidth * shape.inChannels, 1),
      w: hashUniform(filterElements(shape), 2),
      dy: hashUniform(outPixels * shape.outChannels, 3),
      outPixels,
    };
  }

  it.each(shapes)('forward with statistics: %s', async (_, shape) => {
    const { x, w, dy, outPixels } = values(shape);
    const tiles = forwardTiles(shape, variant);
    const partials = new Float32Array(tiles * 2 * shape.outChannels);
    const results = await runKernel(engine, convolutionForward(shape, variant, 'statistics'), [
      x,
      w,
      new Float32Array(dy.length),
      partials,
    ]);
    const expected = referenceForward(shape, x, w);
    expect(relativeL2(result(results, 2), expected)).toBeLessThan(tolerance);

    const left = result(results, 3);
    for (let tile = 0; tile < tiles; tile += 1) {
      const first = tile * variant.tileRows;
      const count = Math.min(variant.tileRows, outPixels - first);
      for (let c = 0; c < shape.outChannels; c += 1) {
        const column = Array.from(
          { length: count },
          (__, r) => expected[(first + r) * shape.outChannels + c] ?? NaN,
        );
        const mean = column.reduce((sum, value) => sum + value, 0) / count;
        const squares = column.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        const slot = tile * 2 * shape.outChannels + c;
        expect(left[slot]).toBeCloseTo(mean, 4);
        expect(Math.abs((left[slot + shape.outChannels] ?? NaN) - squares)).toBeLessThan(
          1e-4 * Math.max(1, squares),
        );
      }
    }
  });

  it.each(shapes)('input gradient: %s', async (_, shape) => {
    const { x, w, dy } = values(shape);
    const results = await runKernel(engine, convolutionInputGradient(shape, variant), [dy, w, x]);
    expect(relativeL2(result(results, 2), referenceInputGradient(shape, dy, w))).toBeLessThan(tolerance);
  });

  it.each(shapes)('input gradient behind batch norm and ReLU: %s', async (_, shape) => {
    const { x, w, dy } = values(shape);
    const channels = shape.inChannels;
    const moments = hashUniform(4 * channels, 4);
    const tiles = inputGradientTiles(shape, variant);
    const results = await runKernel(engine, convolutionInputGradient(shape, variant, 'batchNorm'), [
      ...[dy, w, new Float32Array(x.length), x, moments],
      // What an empty tile leaves must be zero whatever was there.
      new Float32Array(tiles * 2 * channels).fill(7),
    ]);
    const expected = referenceInputGradient(shape, dy, w).map((gradient, at) => {
      const c = at % channels;
      return (x[at] ?? NaN) * (moments[2 * channels + c] ?? NaN) + (moments[3 * channels + c] ?? NaN) > 0
        ? gradient
        : 0;
    });
    expect(relativeL2(result(results, 2), expected)).toBeLessThan(tolerance);
    const sums = new Float64Array(2 * channels);
    const products = new Float64Array(2 * channels);
    expected.forEach((gradient, at) => {
      const c = at % channels;
      sums[c] = (sums[c] ?? 0) + gradient;
      const normalised = ((x[at] ?? NaN) - (moments[c] ?? NaN)) * (moments[channels + c] ?? NaN);
      sums[channels + c] = (sums[channels + c] ?? 0) + gradient * normalised;
    });
    result(results, 5).forEach((partial, at) => {
      products[at % (2 * channels)] = (products[at % (2 * channels)] ?? 0) + partial;
    });
    expect(relativeL2(products, sums)).toBeLessThan(1e-5);
  });

  it.each(shapes)('filter gradient: %s', async (_, shape) => {
    const { x, dy } = values(shape);
    const expected = referenceFilterGradient(shape, x, dy);
    const before = hashUniform(expected.length, 5);
    const once = convolutionFilterGradient(shape, variant, 1);
    const replaced = await runKernel(engine, once, [x, dy, before], [0]);
    expect(relativeL2(result(replaced, 2), expected)).toBeLessThan(tolerance);
    const added = await runKernel(engine, once, [x, dy, before], [1]);
    expect(
      relativeL2(
        result(added, 2),
        expected.map((value, i) => value + (before[i] ?? NaN)),
      ),
    ).toBeLessThan(tolerance);

    const shares = filterGradientShares(shape, variant, 1024);
    if (shares === 1) return;
    const split = await runKernel(engine, convolutionFilterGradient(shape, variant, shares), [
      x,
      dy,
      new Float32Array(shares * expected.length),
    ]);
    const total = new Float64Array(expected.length);
    result(split, 2).forEach((partial, i) => {
      total[i % total.length] = (total[i % total.length] ?? 0) + partial;
    });
    expect(relativeL2(total, expected)).toBeLessThan(tolerance);
  });
});
