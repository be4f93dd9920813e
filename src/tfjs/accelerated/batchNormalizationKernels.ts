/**
 * What batch norm needs where no convolution of the engine leaves its sums (src/engine/kernels/batchNorm.ts): they are
 * taken from the tensor itself, here with an ε of the layer's own. Rows are batch · height · width, a tile 32 of them.
 */
import { mergeColumns, mergeSlices } from '../../engine/kernels/batchNorm.ts';
import { gradientTileRows, gradientTiles } from '../../engine/kernels/batchNormGradient.ts';
import {
  constantsBlock,
  spread,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from '../../engine/kernels/kernel.ts';

const columnsPerWorkgroup = 8;
const tilesPerWorkgroup = 8;

/** One thread for each tile and vector of channels; `body` has `firstRow`, `endRow`, `column` and `slot`. */
function overTiles(
  kernel: string,
  rows: number,
  channels: number,
  buffers: readonly string[],
  body: string,
): KernelCall {
  const vectors = channels / vectorWidth;
  const { y, z } = spread(Math.ceil(gradientTiles(rows) / tilesPerWorkgroup));
  return {
    kernel,
    code: `${constantsBlock(['rows', 'channels', 'groupsY', 'unused'])}${storageBuffers(buffers)}
@compute @workgroup_size(${columnsPerWorkgroup}, ${tilesPerWorkgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * ${columnsPerWorkgroup}u + local.x;
  let tile = (group.z * constants.groupsY + group.y) * ${tilesPerWorkgroup}u + local.y;
  let firstRow = tile * ${gradientTileRows}u;
  if (column >= constants.channels || firstRow >= constants.rows) { return; }
  let endRow = min(firstRow + ${gradientTileRows}u, constants.rows);
  let slot = tile * 2u * constants.channels + column;
  ${body}
}
`,
    constants: [rows, vectors, y, 0],
    workgroups: [Math.ceil(vectors / columnsPerWorkgroup), y, z],
    flops: rows * channels * 4,
  };
}

/**
 * Mean and sum of squared differences from it, of each tile and channel: partials[tile][0 | 1][channels], as
 * convolutionForward leaves them. Differences are taken from the tile's first row, so that values far from zero
 * lose nothing. Buffers: x, partials.
 */
export function tileMoments(rows: number, channels: number): KernelCall {
  return overTiles(
    'tileMoments',
    rows,
    channels,
    ['x', 'partials'],
    `let origin = x[firstRow * constants.channels + column];
  var sum = vec4f(); var squares = vec4f();
  for (var row = firstRow + 1u; row < endRow; row += 1u) {
    let difference = x[row * constants.channels + column] - origin;
    sum += difference;
    squares = fma(difference, difference, squares);
  }
  let shift = sum / f32(endRow - firstRow);
  partials[slot] = origin + shift;
  partials[slot + constants.channels] = max(squares - sum * shift, vec4f());`,
  );
}

/** Σdy and Σdy·x̂ of each tile and channel, for batchNormGradients. Buffers: dy, x, moments, partials. */
export function tileGradients(rows: number, channels: number): KernelCall {
  return overTiles(
    'tileGradients',
    rows,
    channels,
    ['dy', 'x', 'moments', 'partials'],
    `let mean = moments[column]; let inverse = moments[constants.channels + column];
  var total = vec4f(); var product = vec4f();
  for (var row = firstRow; row < endRow; row += 1u) {
    let at = row * constants.channels + column;
    total += dy[at];
    product = fma(dy[at], (x[at] - mean) * inverse, product);
  }
  partials[slot] = total;
  partials[slot + constants.channels] = product;`,
  );
}

/**
 * Merges tileMoments by Chan's formula (Chan, Golub, LeVeque 1979), in a fixed order.
 *
 * Buffers: partials, gamma, beta, then what it writes: mean and the biased variance, each [channels], and moments
 * [mean | inverse deviation | scale | shift] as batchNormApply takes them.
 */
export function mergeTileMoments(rows: number, channels: number, epsilon: number): KernelCall {
  const vectors = channels / vectorWidth;
  const tiles = gradientTiles(rows);
  const names = ['partials', 'gamma', 'beta', 'batchMean', 'batchVariance', 'moments'];
  return {
    kernel: 'mergeTileMoments',
    code: `${constantsBlock(['rows', 'channels', 'tiles', 'epsilon'])}${storageBuffers(names)}
var<workgroup> means: array<vec4f, ${mergeColumns * mergeSlices}>;
var<workgroup> squares: array<vec4f, ${mergeColumns * mergeSlices}>;
var<workgroup> counts: array<f32, ${mergeSlices}>;
@compute @workgroup_size(${mergeColumns}, ${mergeSlices})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * ${mergeColumns}u + local.x;
  let column_ = min(column, constants.channels - 1u);
  var n = 0.0; var mean = vec4f(); var square = vec4f();
  for (var tile = local.y; tile < constants.tiles; tile += ${mergeSlices}u) {
    let count = f32(min(${gradientTileRows}u, constants.rows - tile * ${gradientTileRows}u));
    let slot = tile * 2u * constants.channels + column_;
    let delta = partials[slot] - mean;
    let total = n + count;
    mean += delta * (count / total);
    square += partials[slot + constants.channels] + delta * delta * (n * count / total);
    n = total;
  }
  let own = local.y * ${mergeColumns}u + local.x;
  means[own] = mean; squares[own] = square;
  if (local.x == 0u) { counts[local.y] = n; }
  workgroupBarrier();
  // The slices one after the other: they are few, and the order stays fixed.
  if (local.y > 0u || column >= constants.channels) { return; }
  for (var slice = 1u; slice < ${mergeSlices}u; slice += 1u) {
    let count = counts[slice];
    let total = n + count;
    let delta = means[slice * ${mergeColumns}u + local.x] - mean;
    mean += delta * (count / total);
    square += squares[slice * ${mergeColumns}u + local.x] + delta * delta * (n * count / total);
    n = total;
  }
  let variance = square / n;
  let inverse = inverseSqrt(variance + bitcast<f32>(constants.epsilon));
  let scale = gamma[column] * inverse;
  batchMean[column] = mean;
  batchVariance[column] = variance;
  moments[column] = mean;
  moments[constants.channels + column] = inverse;
  moments[2u * constants.channels + column] = scale;
  moments[3u * constants.channels + column] = beta[column] - mean * scale;
}
`,
    constants: [rows, vectors, tiles, new Uint32Array(Float32Array.of(epsilon).buffer)[0] ?? 0],
    workgroups: [Math.ceil(vectors / mergeColumns), 1, 1],
    flops: tiles * channels * 8,
  };
}
