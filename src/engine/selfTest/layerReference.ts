/** Batch norm, pools, loss and optimizer on the CPU in double precision, by their definitions. */
import { batchNormEpsilon } from '../kernels/batchNorm.ts';
import { paddedChannels } from '../kernels/kernel.ts';
import { metricsPerImage } from '../kernels/loss.ts';
import type { PoolShape } from '../kernels/pooling.ts';
import type { OptimizerSettings, ParameterExtents } from '../kernels/update.ts';

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? NaN;

/** A batch norm over rows [rows, channels], with the statistics of these rows; the variance is the biased one. */
export interface NormReference {
  y: Float32Array<ArrayBuffer>;
  channels: number;
  gamma: Float32Array<ArrayBuffer>;
  beta: Float32Array<ArrayBuffer>;
  mean: Float64Array;
  variance: Float64Array;
}

export function referenceNorm(
  y: Float32Array<ArrayBuffer>,
  gamma: Float32Array<ArrayBuffer>,
  beta: Float32Array<ArrayBuffer>,
): NormReference {
  const channels = gamma.length;
  const [mean, squares] = meanAndSquares(y, channels, 0, y.length / channels);
  const variance = squares.map((sum) => sum / (y.length / channels));
  return { y, channels, gamma, beta, mean, variance };
}

/** Of rows [first, end): the mean of each channel, and the sum of squared differences from it. */
function meanAndSquares(
  y: ArrayLike<number>,
  channels: number,
  first: number,
  end: number,
): [mean: Float64Array, squares: Float64Array] {
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let c = 0; c < channels; c += 1) {
    let sum = 0;
    for (let row = first; row < end; row += 1) sum += at(y, row * channels + c);
    const average = sum / (end - first);
    mean[c] = average;
    for (let row = first; row < end; row += 1)
      squares[c] = at(squares, c) + (at(y, row * channels + c) - average) ** 2;
  }
  return [mean, squares];
}

/** What convolutionForward leaves for tiles of rows: [tile][mean | squared differences][channels]. */
export function referencePartials(y: ArrayLike<number>, channels: number, tileRows: number): number[] {
  const rows = y.length / channels;
  const partials: number[] = [];
  for (let first = 0; first < rows; first += tileRows) {
    const [mean, squares] = meanAndSquares(y, channels, first, Math.min(first + tileRows, rows));
    partials.push(...mean, ...squares);
  }
  return partials;
}

/** [mean | inverse deviation | scale | shift], each [channels]; see kernels/batchNorm.ts. */
export function referenceMoments({ mean, variance, gamma, beta }: NormReference): Float32Array<ArrayBuffer> {
  const inverse = variance.map((value) => 1 / Math.sqrt(value + batchNormEpsilon));
  const scale = inverse.map((value, c) => value * at(gamma, c));
  const shift = scale.map((value, c) => at(beta, c) - at(mean, c) * value);
  return Float32Array.from([...mean, ...inverse, ...scale, ...shift]);
}

/** Element i of x̂ = (y − mean) / √(variance + ε). */
export function referenceNormalised({ y, channels, mean, variance }: NormReference, i: number): number {
  const c = i % channels;
  return (at(y, i) - at(mean, c)) / Math.sqrt(at(variance, c) + batchNormEpsilon);
}

/** dγ = Σdz·x̂ and dβ = Σdz over the rows. */
export function referenceNormGradients(
  dz: ArrayLike<number>,
  norm: NormReference,
): { dgamma: Float64Array; dbeta: Float64Array } {
  const dgamma = new Float64Array(norm.channels);
  const dbeta = new Float64Array(norm.channels);
  for (let i = 0; i < dz.length; i += 1) {
    const c = i % norm.channels;
    dbeta[c] = at(dbeta, c) + at(dz, i);
    dgamma[c] = at(dgamma, c) + at(dz, i) * referenceNormalised(norm, i);
  }
  return { dgamma, dbeta };
}

/** dy = γ·inverse·(dz − dβ/n − x̂·dγ/n). */
export function referenceNormInputGradient(dz: ArrayLike<number>, norm: NormReference): Float64Array {
  const { dgamma, dbeta } = referenceNormGradients(dz, norm);
  const rows = dz.length / norm.channels;
  return Float64Array.from({ length: dz.length }, (_, i) => {
    const c = i % norm.channels;
    const inverse = 1 / Math.sqrt(at(norm.variance, c) + batchNormEpsilon);
    const centred = at(dbeta, c) / rows + (referenceNormalised(norm, i) * at(dgamma, c)) / rows;
    return at(norm.gamma, c) * inverse * (at(dz, i) - centred);
  });
}

/** For every output element of a max-pool, the first input element in reading order that has its value. */
export function maxPoolWinners(shape: PoolShape, x: ArrayLike<number>): number[] {
  const { batch, inHeight, inWidth, outHeight, outWidth, channels, kernelPx, stridePx, paddingPx } = shape;
  return Array.from({ length: batch * outHeight * outWidth * channels }, (_, i) => {
    const c = i % channels;
    const pixel = Math.floor(i / channels);
    const [ox, rest] = [pixel % outWidth, Math.floor(pixel / outWidth)];
    const [oy, b] = [rest % outHeight, Math.floor(rest / outHeight)];
    let winner = -1;
    for (let ky = 0; ky < kernelPx; ky += 1)
      for (let kx = 0; kx < kernelPx; kx += 1) {
        const [iy, ix] = [oy * stridePx - paddingPx + ky, ox * stridePx - paddingPx + kx];
        if (iy < 0 || iy >= inHeight || ix < 0 || ix >= inWidth) continue;
        const candidate = ((b * inHeight + iy) * inWidth + ix) * channels + c;
        if (winner < 0 || at(x, candidate) > at(x, winner)) winner = candidate;
      }
    return winner;
  });
}

/** Mean over the pixels of each image: [batch, pixels, channels] → [batch, channels]. */
export function referenceAveragePool(x: ArrayLike<number>, pixels: number, channels: number): Float64Array {
  return Float64Array.from({ length: x.length / pixels }, (_, i) => {
    const first = Math.floor(i / channels) * pixels * channels + (i % channels);
    let sum = 0;
    for (let p = 0; p < pixels; p += 1) sum += at(x, first + p * channels);
    return sum / pixels;
  });
}

/** Gradient of the logits and metrics as softmaxCrossEntropy leaves them; rows are filled up to whole vectors. */
export function referenceCrossEntropy(
  logits: Float32Array,
  targets: Float32Array,
  { batch, classes, smoothing, lossWeight }: CrossEntropySettings,
): { gradient: Float64Array; metrics: Float64Array } {
  const stride = paddedChannels(classes);
  const gradient = new Float64Array(batch * stride);
  const metrics = new Float64Array(batch * metricsPerImage);
  for (let i = 0; i < batch; i += 1) {
    const row = Array.from(logits.subarray(i * stride, i * stride + classes));
    const target = Array.from(targets.subarray(i * stride, i * stride + classes));
    const smooth = target.map((t) => (1 - smoothing) * t + smoothing / classes);
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    const weight = smooth.reduce((a, b) => a + b);
    row.forEach((value, c) => {
      gradient[i * stride + c] = ((Math.exp(value) / total) * weight - at(smooth, c)) * lossWeight;
    });
    metrics[metricsPerImage * i] = -smooth.reduce((sum, t, c) => sum + t * (at(row, c) - Math.log(total)), 0);
    const isCorrect = row.indexOf(Math.max(...row)) === target.indexOf(Math.max(...target));
    metrics[metricsPerImage * i + 1] = isCorrect ? 1 : 0;
  }
  return { gradient, metrics };
}

export interface CrossEntropySettings {
  batch: number;
  classes: number;
  smoothing: number;
  lossWeight: number;
}

export interface SgdArrays<Values> {
  weights: Values;
  gradients: Values;
  momentum: Values;
  ema: Values;
}

/** Weights, momentum and EMA after one sgdStep; see there for the formula. */
export function referenceSgd(
  { weights, gradients, momentum, ema }: SgdArrays<Float32Array>,
  extents: ParameterExtents,
  settings: OptimizerSettings,
  { learningRate, emaDecay }: { learningRate: number; emaDecay: number },
): Omit<SgdArrays<Float64Array>, 'gradients'> {
  const after = { weights: Float64Array.from(weights), momentum: Float64Array.from(momentum) };
  for (let i = 0; i < extents.other + extents.norm; i += 1) {
    const decay = i < extents.other ? settings.weightDecay : settings.normWeightDecay;
    const gradient = at(gradients, i) + decay * at(weights, i);
    const moved = settings.momentum * at(momentum, i) + gradient;
    after.momentum[i] = moved;
    after.weights[i] =
      at(weights, i) - learningRate * (settings.nesterov ? gradient + settings.momentum * moved : moved);
  }
  const average = after.weights.map((weight, i) => emaDecay * at(ema, i) + (1 - emaDecay) * weight);
  return { ...after, ema: average };
}
