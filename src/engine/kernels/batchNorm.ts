/**
 * Batch norm forward: statistics, and normalisation with what follows it.
 *
 *   x̂ = (y − mean) / √(var + ε),  out = γ·x̂ + β,  var the biased variance of the batch
 *
 * A layer's moments are [mean | inverse deviation | scale | shift], each [channels], with scale = γ·inverse and
 * shift = β − mean·scale. Running statistics as torch.nn.BatchNorm2d: momentum 0.1, the unbiased variance.
 */
import {
  constantsBlock,
  elementwiseGrid,
  elementwiseMain,
  stepBlock,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from './kernel.ts';
import { nonFiniteFunctions } from './nonFinite.ts';

/** torch.nn.BatchNorm2d's defaults. */
export const batchNormEpsilon = 1e-5;
export const runningStatisticsMomentum = 0.1;

/** Columns × slices of the threads that merge a layer's partials. */
export const mergeColumns = 8;
export const mergeSlices = 32;
// Half of them is a constant of the block, not of the code: a compiler would unroll the loop over it, and each barrier
// costs one of a software adapter a tenth of a second.

const finish = `let inverse = inverseSqrt(variance + ${String(batchNormEpsilon)});
    let scale = gamma[column] * inverse;
    moments[column] = mean;
    moments[constants.channels + column] = inverse;
    moments[2u * constants.channels + column] = scale;
    moments[3u * constants.channels + column] = beta[column] - mean * scale;`;

/**
 * Merges the partials of convolutionForward by Chan's formula (Chan, Golub, LeVeque 1979): for two sets,
 *   δ = m₂ − m₁, mean = m₁ + δ·n₂/n, M = M₁ + M₂ + δ²·n₁·n₂/n.
 *
 * Buffers: partials, gamma, beta, runningMean, runningVariance, moments; then the step's parameters.
 * @param rows what the statistics are taken over: batch · height · width, at least 2
 * @param rangeRows rows after which the tiles begin anew, where the convolution ran on ranges of images
 */
export function batchNormStatistics(
  rows: number,
  channels: number,
  { tiles, tileRows, rangeRows = rows }: { tiles: number; tileRows: number; rangeRows?: number },
): KernelCall {
  const vectors = channels / vectorWidth;
  const names = ['partials', 'gamma', 'beta', 'runningMean', 'runningVariance', 'moments'];
  return {
    kernel: 'batchNormStatistics',
    code: `${constantsBlock(['rows', 'channels', 'tiles', 'tileRows', 'rangeRows', 'rangeTiles', 'halfSlices', 'unused'])}${storageBuffers(names)}${stepBlock(7)}
var<workgroup> means: array<vec4f, ${mergeColumns * mergeSlices}>;
var<workgroup> squares: array<vec4f, ${mergeColumns * mergeSlices}>;
var<workgroup> counts: array<f32, ${mergeSlices}>;
@compute @workgroup_size(${mergeColumns}, ${mergeSlices})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * ${mergeColumns}u + local.x;
  let column_ = min(column, constants.channels - 1u);
  var n = 0.0; var mean = vec4f(); var square = vec4f();
  for (var tile = local.y; tile < constants.tiles; tile += ${mergeSlices}u) {
    let rangeStart = tile / constants.rangeTiles * constants.rangeRows;
    let rangeRows = min(constants.rangeRows, constants.rows - rangeStart);
    let count = f32(min(constants.tileRows, rangeRows - tile % constants.rangeTiles * constants.tileRows));
    let slot = tile * 2u * constants.channels + column_;
    let delta = partials[slot] - mean;
    let total = n + count;
    mean += delta * (count / total);
    square += partials[slot + constants.channels] + delta * delta * (n * count / total);
    n = total;
  }
  let slot = local.y * ${mergeColumns}u + local.x;
  means[slot] = mean; squares[slot] = square;
  if (local.x == 0u) { counts[local.y] = n; }
  for (var half = constants.halfSlices; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      let other = slot + half * ${mergeColumns}u;
      let count = counts[local.y + half];
      let total = n + count;
      let share = count / max(total, 1.0);
      let delta = means[other] - mean;
      mean += delta * share;
      square += squares[other] + delta * delta * (n * share);
      n = total;
    }
    workgroupBarrier();
    if (local.y < half) {
      means[slot] = mean; squares[slot] = square;
      if (local.x == 0u) { counts[local.y] = n; }
    }
  }
  if (local.y == 0u && column < constants.channels) {
    let variance = square / n;
    ${finish}
    if (step.movesRunningStatistics > 0.0) {
      let unbiased = square / max(n - 1.0, 1.0);
      runningMean[column] = runningMean[column] * ${1 - runningStatisticsMomentum} + mean * ${runningStatisticsMomentum};
      runningVariance[column] = runningVariance[column] * ${1 - runningStatisticsMomentum} + unbiased * ${runningStatisticsMomentum};
    }
  }
}
`,
    constants: [
      rows,
      vectors,
      tiles,
      tileRows,
      rangeRows,
      Math.ceil(rangeRows / tileRows),
      mergeSlices / 2,
      0,
    ],
    workgroups: [Math.ceil(vectors / mergeColumns), 1, 1],
    flops: tiles * channels * 8,
  };
}

/**
 * Moments from the running statistics: evaluation, and frozen stages.
 * Buffers: gamma, beta, runningMean, runningVariance, moments.
 */
export function batchNormRunning(channels: number): KernelCall {
  const vectors = channels / vectorWidth;
  return {
    kernel: 'batchNormRunning',
    code: `${constantsBlock(['vectors', 'channels', 'unused0', 'unused1'])}${storageBuffers(['gamma', 'beta', 'runningMean', 'runningVariance', 'moments'])}
${elementwiseMain}
    let column = index;
    let mean = runningMean[column];
    let variance = runningVariance[column];
    ${finish}
}
`,
    constants: [vectors, vectors, 0, 0],
    workgroups: elementwiseGrid(vectors),
    flops: channels * 5,
  };
}

/** What is added before the ReLU: nothing, an activation, or another layer's batch norm (a downsampled identity). */
export type Residual = 'none' | 'activation' | 'batchNorm';

/**
 * out = relu(y·scale + shift + residual).
 * Buffers: y, moments, out; then `activation`: the residual, or `batchNorm`: its y and its moments.
 */
export function batchNormApply(
  rows: number,
  channels: number,
  residual: Residual,
  relu: boolean,
): KernelCall {
  const vectors = channels / vectorWidth;
  const extra = { none: [], activation: ['other'], batchNorm: ['other', 'otherMoments'] }[residual];
  const added = {
    none: '',
    activation: 'value += vec4f(other[index]);',
    batchNorm: `value += fma(vec4f(other[index]), otherMoments[2u * constants.channels + column], otherMoments[3u * constants.channels + column]);`,
  }[residual];
  return {
    kernel: `batchNormApply${residual === 'none' ? '' : ` +${residual}`}${relu ? ' +relu' : ''}`,
    code: `${constantsBlock(['vectors', 'channels', 'unused0', 'unused1'])}${storageBuffers(['y', 'moments', 'out', ...extra], ['y', 'out', 'other'])}
${relu ? nonFiniteFunctions : ''}${elementwiseMain}
  let column = index % constants.channels;
  var value = fma(vec4f(y[index]), moments[2u * constants.channels + column], moments[3u * constants.channels + column]);
  ${added}
  out[index] = Stored(${relu ? 'select(value, vec4f(), reluBlocks(value))' : 'value'});
}
`,
    constants: [rows * vectors, vectors, 0, 0],
    workgroups: elementwiseGrid(rows * vectors),
    flops: rows * channels * (residual === 'none' ? 2 : residual === 'activation' ? 3 : 5),
  };
}
