/**
 * Gradient with respect to a convolution's filter. A workgroup owns a block of input × output channels of one
 * kernel position and sums over its share of the output rows (split-K); the shares are added in a fixed
 * order by sumPartials, so the same input gives the same bits.
 *
 *   dw[ky, kx, i, o] = Σ over b, oy, ox of x[b, oy·stride + ky − padding, ox·stride + kx − padding, i] · dy[b, oy, ox, o]
 *
 * Buffers: x, dy, target. With one share the target is the gradient itself, and `accumulate` in the step's
 * parameters decides whether it is added to what is there; with more it is partials[share][filter].
 */
import { constantsBlock, stepBlock, storageBuffers, unroll, vectorWidth, type KernelCall } from './kernel.ts';
import {
  columnVectors,
  convolutionFlops,
  forEachSum,
  lanes,
  outputSize,
  shapeConstantNames,
  shapeConstants,
  type ConvolutionShape,
  type ConvolutionVariant,
} from './convolution.ts';
import { tiledFilterGradientCode } from './tiled/filterGradient.ts';
import { threadsPerSide } from './tiled/tile.ts';

const constantNames = ['outputRows', 'rowsPerShare', ...shapeConstantNames, 'inBlocks'] as const;

/** Shares of the output rows (batch · outHeight) so that about `workgroups` of them run; 1 where enough do. */
export function filterGradientShares(
  shape: ConvolutionShape,
  variant: ConvolutionVariant,
  workgroups: number,
): number {
  const { height } = outputSize(shape);
  const [x, y] = filterBlocks(shape, variant).grid;
  return Math.max(1, Math.min(Math.floor(workgroups / (x * y)), shape.batch * height, 64));
}

/** How the filter is divided among workgroups. */
function filterBlocks(shape: ConvolutionShape, { rows }: ConvolutionVariant) {
  const inVectors = shape.inChannels / vectorWidth;
  const positions = shape.kernelPx ** 2;
  const outBlocks = Math.ceil(shape.outChannels / vectorWidth / columnVectors(rows));
  if (rows === 'tiled') {
    // Kernel positions and input channels are one index there.
    const inBlocks = Math.ceil((positions * inVectors) / threadsPerSide);
    return { blockVectors: threadsPerSide, inBlocks, grid: [inBlocks * outBlocks, 1] as const };
  }
  // Vectors of input channels that a workgroup's threads hold: fewer where there are fewer, as in the stem.
  const blockVectors = [1, 2, 4].find((count) => count >= inVectors) ?? lanes;
  const inBlocks = Math.ceil(inVectors / blockVectors);
  return { blockVectors, inBlocks, grid: [inBlocks * outBlocks, positions] as const };
}

/**
 * @param shares as filterGradientShares gives it
 * @param direct whether the target is the gradient itself
 */
export function convolutionFilterGradient(
  shape: ConvolutionShape,
  variant: ConvolutionVariant,
  shares: number,
  direct = shares === 1,
): KernelCall {
  const { rows } = variant;
  const { height } = outputSize(shape);
  const { blockVectors, inBlocks, grid } = filterBlocks(shape, variant);
  const outputRows = shape.batch * height;
  const tile = `${String(blockVectors * vectorWidth)}×${String(columnVectors(rows) * vectorWidth)}`;
  return {
    kernel: `convolutionFilterGradient ${rows} ${tile}${shares > 1 ? ` /${String(shares)}` : ''}`,
    code:
      rows === 'tiled'
        ? tiledFilterGradientCode(constantNames, direct)
        : filterGradientCode(rows, blockVectors, direct),
    constants: [outputRows, Math.ceil(outputRows / shares), ...shapeConstants(shape), inBlocks],
    workgroups: [...grid, shares],
    flops: convolutionFlops(shape),
  };
}

function filterGradientCode(rows: ConvolutionVariant['rows'], blockVectors: number, direct: boolean): string {
  const channels = blockVectors * vectorWidth;
  const sub = rows === 'subgroup';
  const load = sub
    ? `let own = vec4f(x[at + min(firstIn + lane, constants.inVectors - 1u)]);`
    : unroll(
        blockVectors,
        (v) => `let x${v} = vec4f(x[at + min(firstIn + ${v}u, constants.inVectors - 1u)]);`,
      );
  return `${sub ? 'enable subgroups;\n' : ''}${constantsBlock(constantNames)}${storageBuffers(['x', 'dy', 'dw'], ['x'])}
${direct ? stepBlock(4) : ''}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let firstIn = group.x % constants.inBlocks * ${blockVectors}u;
  let column = group.x / constants.inBlocks * ${lanes}u + lane;
  let column_ = min(column, constants.outVectors - 1u);
  let ky = group.y / constants.kernelPx;
  let kx = group.y % constants.kernelPx;
  ${unroll(channels, (c) => `var sum${c} = vec4f();`)}
  // Output columns whose input pixel lies inside the image: ox·stride + kx − padding in [0, inWidth).
  let shift = i32(kx) - i32(constants.paddingPx);
  let stride = i32(constants.stridePx);
  let firstX = u32(max(0, (stride - 1 - shift) / stride));
  let endX = u32(clamp((i32(constants.inWidth) - shift + stride - 1) / stride, 0, i32(constants.outWidth)));
  let endRow = min((group.z + 1u) * constants.rowsPerShare, constants.outputRows);
  for (var outputRow = group.z * constants.rowsPerShare; outputRow < endRow; outputRow += 1u) {
    let iy = i32(outputRow % constants.outHeight * constants.stridePx + ky) - i32(constants.paddingPx);
    if (iy < 0 || iy >= i32(constants.inHeight)) { continue; }
    let inputRow = (outputRow / constants.outHeight * constants.inHeight + u32(iy)) * constants.inWidth;
    for (var ox = firstX; ox < endX; ox += 1u) {
      let at = (inputRow + u32(i32(ox) * stride + shift)) * constants.inVectors;
      let gradient = dy[(outputRow * constants.outWidth + ox) * constants.outVectors + column_];
      ${load}
      ${unroll(blockVectors, (v) => {
        const lines = Array.from({ length: vectorWidth }, (_, j) => {
          const sum = `sum${String(v * vectorWidth + j)}`;
          return `${sum} = fma(vec4f(row[${String(j)}]), gradient, ${sum});`;
        });
        return `{ let row = ${sub ? `subgroupBroadcast(own, ${String(v)}u)` : `x${String(v)}`}; ${lines.join(' ')} }`;
      })}
    }
  }
  if (column < constants.outVectors) {
    let inChannels = constants.inVectors * ${vectorWidth}u;
    let filterVectors = constants.kernelPx * constants.kernelPx * inChannels * constants.outVectors;
    let base = group.z * filterVectors + (group.y * inChannels + firstIn * ${vectorWidth}u) * constants.outVectors + column;
    ${forEachSum(
      channels,
      `(constants.inVectors - firstIn) * ${vectorWidth}u`,
      (c, sum) => `let at = base + ${c} * constants.outVectors;
      dw[at] = ${sum}${direct ? ' + select(vec4f(), dw[at], step.accumulate > 0.0)' : ''};`,
    )}
  }
}
`;
}
