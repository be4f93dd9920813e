/**
 * Batch norm backward, in two passes as the sums over the batch need it. With dz the gradient behind batch
 * norm, n rows, and x̂ normalised:
 *
 *   dβ = Σdz,  dγ = Σdz·x̂,  dy = γ·inverse·(dz − dβ/n − x̂·dγ/n)
 *
 * (Ioffe, Szegedy 2015, §3.) In the form dy = A·dz + B·(y − mean) + C the coefficients are
 *   A = γ·inverse,  B = −A·inverse·dγ/n,  C = −A·dβ/n.
 */
import { mergeColumns, mergeSlices } from './batchNorm.ts';
import {
  constantsBlock,
  elementwiseGrid,
  elementwiseMain,
  spread,
  stepBlock,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from './kernel.ts';
import { nonFiniteFunctions } from './nonFinite.ts';

/** Rows that one thread of activationGradient sums. */
export const gradientTileRows = 32;

export function gradientTiles(rows: number): number {
  return Math.ceil(rows / gradientTileRows);
}

/** Where the gradient of an activation comes from. */
export interface GradientSources {
  /** How many gradients of the activation's own shape are added. */
  tensors: 0 | 1 | 2;
  /** Whether the activation also went into the global average pool, whose gradient is [batch, channels]. */
  pooled: boolean;
  /** Batch norms whose sum the activation is the ReLU of. */
  batchNorms: 1 | 2;
}

const columnsPerWorkgroup = 8;
const tilesPerWorkgroup = 8;

/**
 * Gradient behind a ReLU: the sum of what its consumers hand back, zero where the activation is zero; and for
 * each batch norm in front of the ReLU the partials Σdz and Σdz·x̂ of every 32 rows.
 *
 * Buffers: activation, dz; the gradient tensors; the pooled gradient; for each batch norm y, moments, partials.
 * @param pixels of one image: height · width
 */
export function activationGradient(
  batch: number,
  pixels: number,
  channels: number,
  sources: GradientSources,
): KernelCall {
  const vectors = channels / vectorWidth;
  const rows = batch * pixels;
  const { y, z } = spread(Math.ceil(gradientTiles(rows) / tilesPerWorkgroup));
  return {
    kernel: `activationGradient of ${String(sources.tensors)}${sources.pooled ? ' +pooled' : ''} for ${String(sources.batchNorms)}`,
    code: activationGradientCode(sources),
    constants: [rows, vectors, pixels, y],
    workgroups: [Math.ceil(vectors / columnsPerWorkgroup), y, z],
    flops: rows * channels * (sources.tensors + 5 * sources.batchNorms),
  };
}

function activationGradientCode({ tensors, pooled, batchNorms }: GradientSources): string {
  const sources = Array.from({ length: tensors }, (_, i) => `gradient${String(i)}`);
  const norms = Array.from({ length: batchNorms }, (_, i) => String(i));
  const names = [
    ...['activation', 'dz', ...sources],
    ...(pooled ? ['pooled'] : []),
    ...norms.flatMap((i) => [`y${i}`, `moments${i}`, `partials${i}`]),
  ];
  const sum = [
    ...sources.map((name) => `${name}[at]`),
    ...(pooled ? ['pooled[row / constants.pixels * constants.channels + column] * pooledWeight'] : []),
  ].join(' + ');
  return `${constantsBlock(['rows', 'channels', 'pixels', 'groupsY'])}${storageBuffers(names, ['activation', 'y0', 'y1'])}
${nonFiniteFunctions}@compute @workgroup_size(${columnsPerWorkgroup}, ${tilesPerWorkgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * ${columnsPerWorkgroup}u + local.x;
  let tile = (group.z * constants.groupsY + group.y) * ${tilesPerWorkgroup}u + local.y;
  let firstRow = tile * ${gradientTileRows}u;
  if (column >= constants.channels || firstRow >= constants.rows) { return; }
  let endRow = min(firstRow + ${gradientTileRows}u, constants.rows);
  ${pooled ? 'let pooledWeight = 1.0 / f32(constants.pixels);' : ''}
  ${norms
    .map(
      (i) => `let mean${i} = moments${i}[column]; let inverse${i} = moments${i}[constants.channels + column];
  var product${i} = vec4f();`,
    )
    .join('\n  ')}
  var total = vec4f();
  for (var row = firstRow; row < endRow; row += 1u) {
    let at = row * constants.channels + column;
    let value = select(${sum}, vec4f(), reluBlocks(vec4f(activation[at])));
    dz[at] = value;
    total += value;
    ${norms.map((i) => `product${i} = fma(value, (vec4f(y${i}[at]) - mean${i}) * inverse${i}, product${i});`).join('\n    ')}
  }
  let slot = tile * 2u * constants.channels + column;
  ${norms.map((i) => `partials${i}[slot] = total; partials${i}[slot + constants.channels] = product${i};`).join('\n  ')}
}
`;
}

/**
 * Adds the partials in a fixed order: dγ and dβ into the gradient, and the coefficients [A | B | C].
 *
 * Buffers: partials, moments, coefficients, dgamma, dbeta; then the step’s parameters.
 */
export function batchNormGradients(rows: number, channels: number, tiles: number): KernelCall {
  const vectors = channels / vectorWidth;
  const names = ['partials', 'moments', 'coefficients', 'dgamma', 'dbeta'];
  return {
    kernel: 'batchNormGradients',
    code: `${constantsBlock(['rows', 'channels', 'tiles', 'halfSlices'])}${storageBuffers(names)}${stepBlock(6)}
var<workgroup> totals: array<vec4f, ${mergeColumns * mergeSlices}>;
var<workgroup> products: array<vec4f, ${mergeColumns * mergeSlices}>;
@compute @workgroup_size(${mergeColumns}, ${mergeSlices})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * ${mergeColumns}u + local.x;
  let column_ = min(column, constants.channels - 1u);
  var total = vec4f(); var product = vec4f();
  for (var tile = local.y; tile < constants.tiles; tile += ${mergeSlices}u) {
    let slot = tile * 2u * constants.channels + column_;
    total += partials[slot];
    product += partials[slot + constants.channels];
  }
  let slot = local.y * ${mergeColumns}u + local.x;
  totals[slot] = total; products[slot] = product;
  for (var half = constants.halfSlices; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      total += totals[slot + half * ${mergeColumns}u];
      product += products[slot + half * ${mergeColumns}u];
    }
    workgroupBarrier();
    if (local.y < half) { totals[slot] = total; products[slot] = product; }
  }
  if (local.y == 0u && column < constants.channels) {
    let added = step.accumulate > 0.0;
    dgamma[column] = product + select(vec4f(), dgamma[column], added);
    dbeta[column] = total + select(vec4f(), dbeta[column], added);
    let inverse = moments[constants.channels + column];
    let a = moments[2u * constants.channels + column];
    let perRow = 1.0 / f32(constants.rows);
    coefficients[column] = a;
    coefficients[constants.channels + column] = -a * inverse * product * perRow;
    coefficients[2u * constants.channels + column] = -a * total * perRow;
  }
}
`,
    constants: [rows, vectors, tiles, mergeSlices / 2],
    workgroups: [Math.ceil(vectors / mergeColumns), 1, 1],
    flops: tiles * channels * 2,
  };
}

/**
 * dy = A·dz + B·(y − mean) + C; `frozen`: dy = scale·dz.
 * Buffers: dz, dy, moments, then, unless frozen, y and coefficients.
 */
export function batchNormInputGradient(rows: number, channels: number, frozen: boolean): KernelCall {
  const vectors = channels / vectorWidth;
  const names = ['dz', 'dy', 'moments', ...(frozen ? [] : ['y', 'coefficients'])];
  return {
    kernel: `batchNormInputGradient${frozen ? ' frozen' : ''}`,
    code: `${constantsBlock(['vectors', 'channels', 'unused0', 'unused1'])}${storageBuffers(names, ['y'])}
${elementwiseMain}
  let column = index % constants.channels;
  ${
    frozen
      ? 'dy[index] = dz[index] * moments[2u * constants.channels + column];'
      : `let centred = fma(vec4f(y[index]) - moments[column], coefficients[constants.channels + column], coefficients[2u * constants.channels + column]);
  dy[index] = fma(dz[index], coefficients[column], centred);`
  }
}
`,
    constants: [rows * vectors, vectors, 0, 0],
    workgroups: elementwiseGrid(rows * vectors),
    flops: rows * channels * (frozen ? 1 : 5),
  };
}
