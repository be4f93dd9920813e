/**
 * NaN and infinity in any input of a kernel come out where the definition in double precision has them, which is
 * where PyTorch does. Where a weight, or a gradient on its way to one, meets padding, PyTorch's own answer depends on
 * its algorithm: those are left out.
 */
import { describe, expect, it } from 'vitest';
import { convolutionVariants } from '../../../src/engine/kernelChoice.ts';
import { batchNormApply, batchNormRunning } from '../../../src/engine/kernels/batchNorm.ts';
import { activationGradient, gradientTiles } from '../../../src/engine/kernels/batchNormGradient.ts';
import {
  filterElements,
  outputSize,
  type ConvolutionShape,
} from '../../../src/engine/kernels/convolution.ts';
import { convolutionFilterGradient } from '../../../src/engine/kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../../../src/engine/kernels/convolutionForward.ts';
import {
  convolutionInputGradient,
  inputGradientTiles,
} from '../../../src/engine/kernels/convolutionInputGradient.ts';
import { gradientNorm, gradientSquares, squaresPartials } from '../../../src/engine/kernels/gradientNorm.ts';
import { paddedChannels } from '../../../src/engine/kernels/kernel.ts';
import { softmaxCrossEntropy } from '../../../src/engine/kernels/loss.ts';
import { averagePool, maxPool, maxPoolGradient } from '../../../src/engine/kernels/pooling.ts';
import { sgdStep, sumPartials } from '../../../src/engine/kernels/update.ts';
import {
  referenceFilterGradient,
  referenceForward,
  referenceInputGradient,
} from '../../../src/engine/selfTest/convolutionReference.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

const engine = await createTestDevice();
const odd = [NaN, Infinity, -Infinity] as const;

/** A finite number, NaN, or which infinity. */
const kindOf = (value: number) => (Number.isFinite(value) ? 'finite' : String(value));
const kinds = (values: ArrayLike<number>) => Array.from(values, kindOf);
const withOne = (values: Float32Array, index: number, value: number) => {
  const changed = values.slice();
  changed[index] = value;
  return changed;
};

const shapes: [string, ConvolutionShape][] = (
  [
    // batch, height, width, in, out, kernel, stride, padding
    [2, 9, 7, 8, 12, 3, 1, 1],
    [1, 11, 10, 4, 8, 7, 2, 3],
    [2, 7, 6, 12, 8, 1, 2, 0],
    [1, 5, 5, 16, 36, 1, 1, 0],
  ] as const
).map(([batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx, paddingPx]) => [
  `${String(kernelPx)}×${String(kernelPx)} stride ${String(stridePx)}`,
  { batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx, paddingPx },
]);

describe.each(convolutionVariants(engine))('convolutions, $rows $tileRows', (variant) => {
  describe.each(shapes)('%s', (_, shape) => {
    const { height, width } = outputSize(shape);
    const { kernelPx, stridePx, paddingPx, inChannels, outChannels } = shape;
    const x = hashUniform(shape.batch * shape.inHeight * shape.inWidth * inChannels, 1);
    const w = hashUniform(filterElements(shape), 2);
    const dy = hashUniform(shape.batch * height * width * outChannels, 3);
    // The first element of all, since what lies outside the image reads that, and one in the middle.
    const places = (values: Float32Array) => [0, values.length >> 1];
    const isInside = (from: number, side: number) => from >= 0 && from + kernelPx <= side;
    /** Whether all taps of an output are inside the image. */
    const isInner = (output: number) => {
      const pixel = Math.floor(output / outChannels);
      return (
        isInside((pixel % width) * stridePx - paddingPx, shape.inWidth) &&
        isInside((Math.floor(pixel / width) % height) * stridePx - paddingPx, shape.inHeight)
      );
    };

    it.each(odd)('forward, %d in the input or a weight', async (value) => {
      const forward = async (input: Float32Array, weights: Float32Array) =>
        result(
          await runKernel(engine, convolutionForward(shape, variant), [
            input,
            weights,
            new Float32Array(dy.length),
          ]),
          2,
        );
      for (const place of places(x)) {
        const changed = withOne(x, place, value);
        expect(kinds(await forward(changed, w))).toEqual(kinds(referenceForward(shape, changed, w)));
      }
      for (const place of places(w)) {
        const changed = withOne(w, place, value);
        const inner = (values: ArrayLike<number>) => kinds(values).filter((__, i) => isInner(i));
        expect(inner(await forward(x, changed))).toEqual(inner(referenceForward(shape, x, changed)));
      }
    });

    it.each(odd)('input gradient, %d in the gradient', async (value) => {
      for (const place of places(dy)) {
        const changed = withOne(dy, place, value);
        const left = await runKernel(engine, convolutionInputGradient(shape, variant), [changed, w, x]);
        expect(kinds(result(left, 2))).toEqual(kinds(referenceInputGradient(shape, changed, w)));
      }
    });

    it('input gradient behind a ReLU of NaN: it goes through', async () => {
      const moments = new Float32Array(4 * inChannels);
      // ReLU of y itself.
      moments.fill(1, inChannels, 3 * inChannels);
      const y = withOne(hashUniform(x.length, 5).map(Math.abs), 1, NaN);
      const partials = new Float32Array(inputGradientTiles(shape, variant) * 2 * inChannels);
      const left = await runKernel(engine, convolutionInputGradient(shape, variant, 'batchNorm'), [
        ...[dy, w, new Float32Array(x.length), y, moments],
        partials,
      ]);
      const expected = referenceInputGradient(shape, dy, w)[1] ?? NaN;
      expect(result(left, 2)[1]).toBeCloseTo(expected, 4);
    });

    it.each(odd)('filter gradient, %d in the input or the gradient', async (value) => {
      const gradient = async (input: Float32Array, dOut: Float32Array) =>
        result(
          await runKernel(
            engine,
            convolutionFilterGradient(shape, variant, 1),
            [input, dOut, new Float32Array(w.length)],
            [0],
          ),
          2,
        );
      for (const place of places(x)) {
        const changed = withOne(x, place, value);
        expect(kinds(await gradient(changed, dy))).toEqual(
          kinds(referenceFilterGradient(shape, changed, dy)),
        );
      }
      const inner = dy.findIndex((__, i) => isInner(i));
      for (const place of inner === -1 ? [] : [inner, inner + outChannels - 1]) {
        const changed = withOne(dy, place, value);
        expect(kinds(await gradient(x, changed))).toEqual(kinds(referenceFilterGradient(shape, x, changed)));
      }
    });
  });
});

describe('batch norm and ReLU', () => {
  const rows = 5;
  const channels = 8;
  const values = (salt: number, count = rows * channels) => hashUniform(count, salt);
  const moments = values(9, 4 * channels);
  const normalised = (y: Float32Array, i: number) =>
    (y[i] ?? NaN) * (moments[2 * channels + (i % channels)] ?? NaN) +
    (moments[3 * channels + (i % channels)] ?? NaN);
  const relu = (value: number) => (value <= 0 ? 0 : value);

  it.each(odd)('forward: %d in the input, a residual or a moment', async (value) => {
    const empty = new Float32Array(rows * channels);
    const y = withOne(values(1), 11, value);
    const plain = await runKernel(engine, batchNormApply(rows, channels, 'none', true), [y, moments, empty]);
    expect(kinds(result(plain, 2))).toEqual(kinds(y.map((__, i) => relu(normalised(y, i)))));
    const other = withOne(values(2), 3, value);
    const added = await runKernel(engine, batchNormApply(rows, channels, 'activation', true), [
      ...[values(1), moments, empty, other],
    ]);
    const finite = values(1);
    expect(kinds(result(added, 2))).toEqual(
      kinds(other.map((residual, i) => relu(normalised(finite, i) + residual))),
    );
    const running = await runKernel(engine, batchNormRunning(channels), [
      ...[values(3, channels), values(4, channels), withOne(values(5, channels), 2, value)],
      ...[values(6, channels).map(Math.abs), new Float32Array(4 * channels)],
    ]);
    expect(kindOf(result(running, 4)[2] ?? 0)).toBe(kindOf(value));
  });

  it('backward: NaN behind the ReLU hands the gradient on, in a gradient it stays', async () => {
    const activation = withOne(values(1).map(relu), 4, NaN);
    const gradient = withOne(values(2), 6, NaN);
    activation[6] = 1;
    const left = await runKernel(
      engine,
      activationGradient(1, rows, channels, { tensors: 1, pooled: false, batchNorms: 1 }),
      [
        ...[activation, new Float32Array(rows * channels), gradient, values(3), moments],
        new Float32Array(gradientTiles(rows) * 2 * channels),
      ],
    );
    const expected = gradient.map((value, i) => ((activation[i] ?? NaN) <= 0 ? 0 : value));
    expect(result(left, 1)).toEqual(expected);
  });
});

describe('pools', () => {
  const shape = {
    ...{ batch: 1, inHeight: 5, inWidth: 6, outHeight: 3, outWidth: 3, channels: 4 },
    ...{ kernelPx: 3, stridePx: 2, paddingPx: 1 },
  };
  const x = hashUniform(5 * 6 * 4, 1);
  const pooled = 3 * 3 * 4;

  /** As torch's max_pool2d: larger, or NaN, takes over; in reading order. */
  function torchMaxPool(input: Float32Array): { values: Float32Array; winners: Int32Array } {
    const values = new Float32Array(pooled);
    const winners = new Int32Array(pooled);
    for (let output = 0; output < pooled; output += 1) {
      const [oy, ox, c] = [Math.floor(output / 12), Math.floor(output / 4) % 3, output % 4];
      let winner = -1;
      let largest = -Infinity;
      for (let iy = Math.max(0, oy * 2 - 1); iy < Math.min(5, oy * 2 + 2); iy += 1)
        for (let ix = Math.max(0, ox * 2 - 1); ix < Math.min(6, ox * 2 + 2); ix += 1) {
          const at = (iy * 6 + ix) * 4 + c;
          const value = input[at] ?? NaN;
          if (winner === -1 || value > largest || Number.isNaN(value)) [winner, largest] = [at, value];
        }
      values[output] = largest;
      winners[output] = winner;
    }
    return { values, winners };
  }

  const cases: [string, Float32Array][] = [
    ['one NaN', withOne(x, 37, NaN)],
    // Two in one window, and one before the largest value.
    ['several', withOne(withOne(withOne(x, 4, NaN), 28, NaN), 52, NaN)],
    ['infinity', withOne(x, 37, Infinity)],
    ['nothing but −∞', x.map(() => -Infinity)],
    ['NaN with a sign', withOne(x, 37, -NaN)],
  ];

  it.each(cases)('max-pool: %s', async (_, input) => {
    const { values, winners } = torchMaxPool(input);
    const y = result(await runKernel(engine, maxPool(shape), [input, new Float32Array(pooled)]), 1);
    expect(y).toEqual(values);
    const gradient = hashUniform(pooled, 2);
    const expected = new Float32Array(x.length);
    winners.forEach((winner, output) => {
      expected[winner] = (expected[winner] ?? 0) + (gradient[output] ?? 0);
    });
    const left = await runKernel(engine, maxPoolGradient(shape, 1), [
      input,
      y,
      new Float32Array(x.length),
      gradient,
    ]);
    expect(
      Array.from(result(left, 2), (value, i) => Math.abs(value - (expected[i] ?? NaN)) < 1e-6),
    ).not.toContain(false);
  });

  it.each(odd)('average pool: %d', async (value) => {
    const left = await runKernel(engine, averagePool(2, 5, 4), [
      withOne(hashUniform(40, 3), 25, value),
      new Float32Array(8),
    ]);
    expect(kinds(result(left, 1))).toEqual(
      Array.from({ length: 8 }, (_, i) => (i === 5 ? kindOf(value) : 'finite')),
    );
  });
});

describe('loss', () => {
  const classes = 5;
  const stride = paddedChannels(classes);

  it.each(odd)('of %d is no number, and nothing is right', async (value) => {
    // The odd logit is the right class, or another one.
    for (const place of [2, 4]) {
      const logits = new Float32Array(2 * stride);
      logits.set(hashUniform(classes, 1), 0);
      logits.set([0, 0, 9, 0, 0], stride);
      logits[place] = value;
      const targets = new Float32Array(2 * stride);
      targets[2] = 1;
      targets[stride + 2] = 1;
      const left = await runKernel(
        engine,
        softmaxCrossEntropy(2, classes, 0.1),
        [logits, targets, new Float32Array(2 * stride), new Float32Array(4)],
        [0, 1],
      );
      const [loss, correct, otherLoss, otherCorrect] = result(left, 3);
      // torch: log_softmax of −∞ is −∞ there and finite elsewhere; with smoothing the loss is then ∞.
      expect(kindOf(loss ?? 0)).toBe(value === -Infinity ? 'Infinity' : 'NaN');
      expect(correct).toBe(value === -Infinity && place === 4 ? correct : 0);
      expect(Number.isFinite(otherLoss)).toBe(true);
      expect(otherCorrect).toBe(1);
      const gradient = result(left, 2).subarray(0, classes);
      if (value !== -Infinity) expect(kinds(gradient)).toEqual(Array<string>(classes).fill('NaN'));
    }
  });
});

describe('optimizer', () => {
  it.each(odd)('%d in a gradient goes into momentum, weight and average', async (value) => {
    const extents = { other: 8, norm: 4, buffers: 4 };
    const settings = {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 0.1, normWeightDecay: 0, ema: true },
      clipGradNorm: null,
    };
    const left = await runKernel(
      engine,
      sgdStep(extents, settings),
      [hashUniform(16, 1), withOne(hashUniform(12, 2), 5, value), hashUniform(12, 3), hashUniform(16, 4)],
      [0, 0, 0, 0.1, 0.5],
    );
    const expectOne = (values: Float32Array, kind: string) =>
      expect(kinds(values)).toEqual(Array.from(values, (_, i) => (i === 5 ? kind : 'finite')));
    expectOne(result(left, 2), kindOf(value));
    expectOne(result(left, 0), kindOf(-value));
    expectOne(result(left, 3), kindOf(-value));
  });

  it.each(odd)('%d in a gradient is in its norm, and clipping hands it on as torch does', async (value) => {
    const gradient = withOne(hashUniform(4096, 1), 77, value);
    const squares = await runKernel(engine, gradientSquares(4096, 0), [
      gradient,
      new Float32Array(squaresPartials * 4),
    ]);
    const left = await runKernel(engine, gradientNorm(1, 1), [result(squares, 1), new Float32Array(4)]);
    const [factor, norm] = result(left, 1);
    // clip_grad_norm_: the coefficient is limit / (norm + 1e-6), clamped to 1 from above; clamp keeps NaN.
    expect(kindOf(norm ?? 0)).toBe(Number.isNaN(value) ? 'NaN' : 'Infinity');
    expect(factor).toBe(Number.isNaN(value) ? NaN : 0);
  });

  it.each(odd)('%d in one share of a filter gradient is in the sum', async (value) => {
    const left = await runKernel(
      engine,
      sumPartials(8, 3),
      [withOne(hashUniform(24, 1), 13, value), hashUniform(8, 2)],
      [1],
    );
    expect(kinds(result(left, 1))).toEqual(
      Array.from({ length: 8 }, (_, i) => (i === 5 ? kindOf(value) : 'finite')),
    );
  });
});
