/** What the three convolution kernels share: the shape, the variants, and how rows of a tile get their values. */
import { unroll, vectorWidth } from './kernel.ts';
import { threadsPerSide } from './tiled/tile.ts';

/** A convolution on square kernels: input [batch, inHeight, inWidth, inChannels], as NHWC throughout. */
export interface ConvolutionShape {
  batch: number;
  inHeight: number;
  inWidth: number;
  /** A multiple of 4; see paddedChannels. */
  inChannels: number;
  /** A multiple of 4. */
  outChannels: number;
  kernelPx: number;
  stridePx: number;
  /** Above and to the left. Below and to the right it is whatever the output's size asks for. */
  paddingPx: number;
  /** Where padding is not the same on both sides; else as outputSize computes it. */
  outHeight?: number;
  outWidth?: number;
}

/** A fully connected layer as a convolution of 1×1 images. */
export function linearShape(batch: number, inFeatures: number, outFeatures: number): ConvolutionShape {
  const image = { batch, inHeight: 1, inWidth: 1 };
  return {
    ...image,
    inChannels: inFeatures,
    outChannels: outFeatures,
    kernelPx: 1,
    stridePx: 1,
    paddingPx: 0,
  };
}

export function outputSize(shape: ConvolutionShape): { height: number; width: number } {
  const count = (side: number) =>
    Math.floor((side + 2 * shape.paddingPx - shape.kernelPx) / shape.stridePx) + 1;
  return {
    height: shape.outHeight ?? count(shape.inHeight),
    width: shape.outWidth ?? count(shape.inWidth),
  };
}

/** The shape as constants of a kernel; `shapeConstants` gives their values. */
export const shapeConstantNames = [
  'inHeight',
  'inWidth',
  'inVectors',
  'outHeight',
  'outWidth',
  'outVectors',
  'kernelPx',
  'stridePx',
  'paddingPx',
] as const;

export function shapeConstants(shape: ConvolutionShape): number[] {
  const { height, width } = outputSize(shape);
  return [
    ...[shape.inHeight, shape.inWidth, shape.inChannels / vectorWidth],
    ...[height, width, shape.outChannels / vectorWidth],
    ...[shape.kernelPx, shape.stridePx, shape.paddingPx],
  ];
}

/** Elements of a filter, stored [kernel, kernel, in, out]. */
export function filterElements({ kernelPx, inChannels, outChannels }: ConvolutionShape): number {
  return kernelPx * kernelPx * inChannels * outChannels;
}

/** Multiply-adds counted as two; the same for each of the three passes. */
export function convolutionFlops(shape: ConvolutionShape): number {
  const { height, width } = outputSize(shape);
  return 2 * shape.batch * height * width * filterElements(shape);
}

/**
 * How a tile's values get to the threads that need them.
 *
 * `subgroup`: eight threads are one subgroup; each loads the vector of one row, and the others take it by
 * subgroupBroadcast. On lavapipe, whose loads are a loop over the lanes, this needs an eighth of them.
 * `direct`: every thread loads every row itself; needs no feature.
 * `tiled`: 256 threads share a tile of 64 rows in workgroup memory (kernels/tiled); for graphics processors.
 */
export interface ConvolutionVariant {
  rows: 'subgroup' | 'direct' | 'tiled';
  /** Rows of a tile: a multiple of 8, 64 where tiled. Without tiles each thread holds as many vectors of sums. */
  tileRows: number;
}

/** Threads of a workgroup, and of the subgroup that the variant `subgroup` needs. */
export const lanes = 8;

/** Vectors of columns that a workgroup computes. */
export function columnVectors(rows: ConvolutionVariant['rows']): number {
  return rows === 'tiled' ? threadsPerSide : lanes;
}

export function variantName({ rows, tileRows }: ConvolutionVariant): string {
  return `${rows} ${String(tileRows)}×${String(columnVectors(rows) * vectorWidth)}`;
}

export function enableSubgroups(variant: ConvolutionVariant): string {
  return variant.rows === 'subgroup' ? 'enable subgroups;\n' : '';
}

/**
 * The rows whose addresses a thread computes, as indices into the tile (WGSL expressions): with subgroups
 * row 8·q + lane for each q, else all of them.
 */
export function ownRows({ rows, tileRows }: ConvolutionVariant): string[] {
  return rows === 'subgroup'
    ? Array.from({ length: tileRows / lanes }, (_, q) => `${String(q * lanes)}u + lane`)
    : Array.from({ length: tileRows }, (_, r) => `${String(r)}u`);
}

/** The value of tile row r, given one variable `${name}${i}` for each of `ownRows`. */
export function rowValue({ rows }: ConvolutionVariant, name: string, r: number): string {
  return rows === 'subgroup'
    ? `subgroupBroadcast(${name}${String(Math.floor(r / lanes))}, ${String(r % lanes)}u)`
    : `${name}${String(r)}`;
}

/** For each row: sum += row vector · 4×4 block of weights, given by its four rows. */
export function multiplyRows(variant: ConvolutionVariant, name: string, weights: readonly string[]): string {
  return unroll(variant.tileRows, (r) => {
    const sum = `sum${String(r)}`;
    const lines = weights.map((weight, j) => `${sum} = fma(vec4f(row[${String(j)}]), ${weight}, ${sum});`);
    return `{ let row = ${rowValue(variant, name, r)}; ${lines.join(' ')} }`;
  });
}

export function declareSums(tileRows: number): string {
  return unroll(tileRows, (r) => `var sum${String(r)} = vec4f();`);
}

/**
 * Does something with the first of sum0, sum1, … in a loop: a compiler of software adapters takes about 40 ms for
 * every store, so a line for each of them would cost a first step seconds.
 * @param end WGSL of how many; not a constant, as the compiler would unroll the loop
 * @param body WGSL, given the expressions of the index and of the sum
 */
export function forEachSum(count: number, end: string, body: (index: string, sum: string) => string): string {
  const all = Array.from({ length: count }, (_, i) => `sum${String(i)}`).join(', ');
  return `var sums = array<vec4f, ${String(count)}>(${all});
    let end = min(${String(count)}u, ${end});
    for (var s = 0u; s < end; s += 1u) {
      ${body('s', 'sums[s]')}
    }`;
}
