/** The kernels of a step that are not convolutions: there is one variant of each. */
import {
  batchNormApply,
  batchNormRunning,
  batchNormStatistics,
  runningStatisticsMomentum,
} from '../kernels/batchNorm.ts';
import {
  activationGradient,
  batchNormGradients,
  batchNormInputGradient,
  gradientTiles,
  type GradientSources,
} from '../kernels/batchNormGradient.ts';
import { paddedChannels } from '../kernels/kernel.ts';
import { biasGradient, metricsPerImage, softmaxCrossEntropy } from '../kernels/loss.ts';
import { averagePool, maxPool, maxPoolGradient, padColours, type PoolShape } from '../kernels/pooling.ts';
import { sgdStep, sumPartials } from '../kernels/update.ts';
import { summed, type KernelCase } from './kernelCase.ts';
import {
  maxPoolWinners,
  referenceAveragePool,
  referenceCrossEntropy,
  referenceMoments,
  referenceNorm,
  referenceNormalised,
  referenceNormGradients,
  referenceNormInputGradient,
  referencePartials,
  referenceSgd,
  type NormReference,
} from './layerReference.ts';
import { hashUniform } from './noise.ts';

/** Rows of a batch norm: two images of 37 pixels, which is more than two tiles of the backward pass. */
const batch = 2;
const pixels = 37;
const rows = batch * pixels;
/** More than one workgroup's columns. */
const channels = 36;

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? NaN;

export function layerCases(): KernelCase[] {
  return [...normCases(), ...activationGradientCases(), ...poolCases(), ...lossCases(), ...updateCases()];
}

function norm(salt: number): NormReference {
  const y = hashUniform(rows * channels, salt).map((value, i) => 3 + (i % channels) / 8 + value);
  return referenceNorm(y, hashUniform(channels, salt + 1), hashUniform(channels, salt + 2));
}

function normCases(): KernelCase[] {
  const main = norm(10);
  const other = norm(20);
  const moments = referenceMoments(main);
  const dz = hashUniform(rows * channels, 50);
  const { dgamma, dbeta } = referenceNormGradients(dz, main);
  const before = [hashUniform(channels, 51), hashUniform(channels, 52)] as const;
  const coefficients = coefficientsOf(main, dgamma, dbeta);
  const empty = () => new Float32Array(rows * channels);
  return [
    statisticsCase(main, moments),
    {
      call: batchNormRunning(channels),
      buffers: [
        ...[main.gamma, main.beta, Float32Array.from(main.mean), Float32Array.from(main.variance)],
        new Float32Array(4 * channels),
      ],
      step: null,
      expected: [{ buffer: 4, values: moments }],
    },
    ...(['none', 'activation', 'batchNorm'] as const).map((residual): KernelCase => {
      const added = { none: [], activation: [other.y], batchNorm: [other.y, referenceMoments(other)] };
      const residualAt = (i: number) =>
        ({ none: 0, activation: at(other.y, i), batchNorm: scaled(other, i) })[residual];
      return {
        call: batchNormApply(rows, channels, residual, true),
        buffers: [main.y, moments, empty(), ...added[residual]],
        step: null,
        expected: [
          {
            buffer: 2,
            values: Float64Array.from(dz, (_, i) => Math.max(0, scaled(main, i) + residualAt(i))),
          },
        ],
      };
    }),
    {
      call: batchNormGradients(rows, channels, 1),
      buffers: [
        ...[Float32Array.from([...dbeta, ...dgamma]), moments, new Float32Array(3 * channels)],
        ...before,
      ],
      step: [1],
      expected: [
        { buffer: 2, values: coefficients },
        { buffer: 3, values: dgamma.map((value, c) => value + at(before[0], c)) },
        { buffer: 4, values: dbeta.map((value, c) => value + at(before[1], c)) },
      ],
    },
    {
      call: batchNormInputGradient(rows, channels, false),
      buffers: [dz, empty(), moments, main.y, coefficients],
      step: null,
      expected: [{ buffer: 1, values: referenceNormInputGradient(dz, main) }],
    },
    {
      call: batchNormInputGradient(rows, channels, true),
      buffers: [dz, empty(), moments],
      step: null,
      expected: [
        { buffer: 1, values: dz.map((value, i) => value * at(moments, 2 * channels + (i % channels))) },
      ],
    },
  ];
}

/** Element i of γ·x̂ + β. */
function scaled(layer: NormReference, i: number): number {
  const c = i % channels;
  return referenceNormalised(layer, i) * at(layer.gamma, c) + at(layer.beta, c);
}

/** [A | B | C] of batchNormInputGradient. */
function coefficientsOf(
  layer: NormReference,
  dgamma: Float64Array,
  dbeta: Float64Array,
): Float32Array<ArrayBuffer> {
  const moments = referenceMoments(layer);
  const a = moments.subarray(2 * channels, 3 * channels);
  const b = dgamma.map((value, c) => (-at(a, c) * at(moments, channels + c) * value) / rows);
  const c = dbeta.map((value, column) => (-at(a, column) * value) / rows);
  return Float32Array.from([...a, ...b, ...c]);
}

function statisticsCase(layer: NormReference, moments: Float32Array): KernelCase {
  const tileRows = 8;
  const running = { mean: hashUniform(channels, 30), variance: hashUniform(channels, 31).map((v) => v + 2) };
  const moved = (before: Float32Array, now: Float64Array) =>
    now.map((value, c) => at(before, c) + runningStatisticsMomentum * (value - at(before, c)));
  return {
    call: batchNormStatistics(rows, channels, { tiles: Math.ceil(rows / tileRows), tileRows }),
    buffers: [
      ...[Float32Array.from(referencePartials(layer.y, channels, tileRows)), layer.gamma, layer.beta],
      ...[running.mean, running.variance, new Float32Array(4 * channels)],
    ],
    step: [0, 0, 1],
    expected: [
      { buffer: 5, values: moments },
      { buffer: 3, values: moved(running.mean, layer.mean) },
      {
        buffer: 4,
        values: moved(
          running.variance,
          layer.variance.map((value) => (value * rows) / (rows - 1)),
        ),
      },
    ],
  };
}

/** The sums of gradients that the residual networks have. */
const gradientSources: readonly GradientSources[] = [
  { tensors: 0, pooled: true, batchNorms: 1 },
  { tensors: 2, pooled: false, batchNorms: 1 },
  { tensors: 2, pooled: false, batchNorms: 2 },
  { tensors: 1, pooled: false, batchNorms: 1 },
];

function activationGradientCases(): KernelCase[] {
  const layers = [norm(60), norm(70)];
  const activation = hashUniform(rows * channels, 40).map((value) => Math.max(value, 0));
  const handedBack = [hashUniform(rows * channels, 41), hashUniform(rows * channels, 42)];
  const pooled = hashUniform(batch * channels, 43);
  return gradientSources.map((sources) => {
    const tensors = handedBack.slice(0, sources.tensors);
    const norms = layers.slice(0, sources.batchNorms);
    const dz = Float64Array.from(activation, (value, i) => {
      const image = Math.floor(i / channels / pixels);
      const mean = sources.pooled ? at(pooled, image * channels + (i % channels)) / pixels : 0;
      return value > 0 ? tensors.reduce((sum, tensor) => sum + at(tensor, i), mean) : 0;
    });
    const first = 2 + tensors.length + (sources.pooled ? 1 : 0);
    return {
      call: activationGradient(batch, pixels, channels, sources),
      buffers: [
        ...[activation, new Float32Array(rows * channels), ...tensors],
        ...(sources.pooled ? [pooled] : []),
        ...norms.flatMap((layer) => [
          layer.y,
          referenceMoments(layer),
          new Float32Array(gradientTiles(rows) * 2 * channels),
        ]),
      ],
      step: null,
      expected: [
        { buffer: 1, values: dz },
        ...norms.map((layer, i) => {
          const { dgamma, dbeta } = referenceNormGradients(dz, layer);
          return { buffer: first + 3 * i + 2, values: [...dbeta, ...dgamma], of: summed(2 * channels) };
        }),
      ],
    };
  });
}

function poolCases(): KernelCase[] {
  const shape: PoolShape = {
    ...{ batch: 2, inHeight: 9, inWidth: 7, outHeight: 5, outWidth: 4, channels: 8 },
    ...{ kernelPx: 3, stridePx: 2, paddingPx: 1 },
  };
  // Few distinct values: windows with several largest ones (+ 0: no negative zeros).
  const x = hashUniform(2 * 9 * 7 * 8, 1).map((value) => Math.round(value * 2) / 2 + 0);
  const winners = maxPoolWinners(shape, x);
  const y = Float32Array.from(winners, (winner) => at(x, winner));
  const gradients = [hashUniform(y.length, 5), hashUniform(y.length, 6)];
  const dx = new Float64Array(x.length);
  winners.forEach((winner, i) => {
    dx[winner] = gradients.reduce((sum, gradient) => sum + at(gradient, i), at(dx, winner));
  });
  const maps = hashUniform(3 * 5 * 8, 1);
  const images = hashUniform(7 * 3, 1);
  return [
    {
      call: maxPool(shape),
      buffers: [x, new Float32Array(y.length)],
      step: null,
      expected: [{ buffer: 1, values: y }],
    },
    {
      call: maxPoolGradient(shape, 2),
      buffers: [x, y, new Float32Array(x.length).fill(9), ...gradients],
      step: null,
      expected: [{ buffer: 2, values: dx }],
    },
    {
      call: averagePool(3, 5, 8),
      buffers: [maps, new Float32Array(3 * 8)],
      step: null,
      expected: [{ buffer: 1, values: referenceAveragePool(maps, 5, 8) }],
    },
    {
      call: padColours(7),
      buffers: [images, new Float32Array(7 * 4).fill(3)],
      step: null,
      expected: [
        {
          buffer: 1,
          values: Float64Array.from({ length: 28 }, (_, i) =>
            i % 4 === 3 ? 0 : at(images, Math.floor(i / 4) * 3 + (i % 4)),
          ),
        },
      ],
    },
  ];
}

function lossCases(): KernelCase[] {
  const settings = { batch: 3, classes: 13, smoothing: 0.1, lossWeight: 0.25 };
  const stride = paddedChannels(settings.classes);
  const logits = hashUniform(settings.batch * stride, 1).map((value) => value * 8);
  const targets = new Float32Array(settings.batch * stride);
  for (let i = 0; i < settings.batch; i += 1) {
    targets[i * stride + ((i * 5) % settings.classes)] = 0.7;
    targets[i * stride + ((i * 7 + 1) % settings.classes)] = 0.3;
  }
  // One image that is certainly correct.
  logits[0] = 20;
  const { gradient, metrics } = referenceCrossEntropy(logits, targets, settings);
  const before = hashUniform(stride, 2);
  const bias = summed(stride)(logits).map((value, c) => value + at(before, c));
  return [
    {
      call: softmaxCrossEntropy(settings.batch, settings.classes, settings.smoothing),
      buffers: [
        ...[logits, targets, new Float32Array(logits.length).fill(5)],
        new Float32Array(settings.batch * metricsPerImage),
      ],
      step: [0, settings.lossWeight],
      expected: [
        { buffer: 2, values: gradient },
        { buffer: 3, values: metrics },
      ],
    },
    {
      call: biasGradient(settings.batch, stride),
      buffers: [logits, before],
      step: [1],
      expected: [{ buffer: 1, values: bias }],
    },
  ];
}

function updateCases(): KernelCase[] {
  const extents = { other: 12, norm: 8, buffers: 4 };
  const settings = {
    ...{ momentum: 0.9, nesterov: false, weightDecay: 0.1, normWeightDecay: 0.02, ema: true },
    clipGradNorm: null,
  };
  const [learningRate, emaDecay] = [0.05, 0.75];
  const array = (salt: number) => hashUniform(24, salt);
  const arrays = { weights: array(1), gradients: array(2), momentum: array(3), ema: array(4) };
  const after = referenceSgd(arrays, extents, settings, { learningRate, emaDecay });
  const partials = hashUniform(3 * 20, 1);
  const before = hashUniform(20, 2);
  return [
    {
      call: sgdStep(extents, settings),
      buffers: [arrays.weights, arrays.gradients, arrays.momentum, arrays.ema],
      step: [0, 0, 0, learningRate, emaDecay],
      expected: [
        { buffer: 0, values: after.weights },
        { buffer: 2, values: after.momentum },
        { buffer: 3, values: after.ema },
      ],
    },
    {
      call: sumPartials(20, 3),
      buffers: [partials, before],
      step: [1],
      expected: [{ buffer: 1, values: summed(20)(partials).map((value, i) => value + at(before, i)) }],
    },
  ];
}
