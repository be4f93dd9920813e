/**
 * Gradient with respect to a convolution's input, gathered: rows are input pixels, columns input channels.
 *
 *   dx[b, iy, ix, i] = Σ dy[b, oy, ox, o] · w[ky, kx, i, o],  oy·stride + ky − padding = iy, likewise ox
 *
 * With stride s only every s-th kernel position meets a pixel, and which ones depends on the pixel's parity:
 * the pixels of one parity form the rows of one slice of the grid, so no position is visited in vain.
 *
 * Buffers: dy, w, dx; with `batchNorm` also y and moments of the batch norm before the ReLU whose output was
 * this convolution's input, and partials: then what is written is not dx but the gradient behind that ReLU,
 *   dz = dx where γ·x̂ + β > 0, else 0,  x̂ = (y − mean) / √(var + ε),
 * and each tile leaves Σdz and Σdz·x̂ at partials[tile][0 | 1][inChannels] for batchNormGradients.
 * moments is [mean | inverse deviation | scale | shift], each [channels].
 */
import { constantsBlock, spread, storageBuffers, unroll, vectorWidth, type KernelCall } from './kernel.ts';
import {
  columnVectors,
  convolutionFlops,
  declareSums,
  enableSubgroups,
  forEachSum,
  lanes,
  multiplyRows,
  shapeConstantNames,
  shapeConstants,
  ownRows,
  variantName,
  type ConvolutionShape,
  type ConvolutionVariant,
} from './convolution.ts';
import { loadMoments, maskRow, pixelFunction, writeRow } from './inputGradientRows.ts';
import { nonFiniteFunctions } from './nonFinite.ts';
import { tiledInputGradientCode } from './tiled/inputGradient.ts';

export type InputGradientEpilogue = 'none' | 'batchNorm';

const constantNames = ['batch', 'tiles', ...shapeConstantNames, 'tilesY', 'tilesZ'] as const;

/** Tiles of one parity, the largest of them; the others leave some empty. */
function tilesPerParity(shape: ConvolutionShape, { tileRows }: ConvolutionVariant): number {
  const pixels = Math.ceil(shape.inHeight / shape.stridePx) * Math.ceil(shape.inWidth / shape.stridePx);
  return Math.ceil((shape.batch * pixels) / tileRows);
}

/** How many partials the epilogue `batchNorm` leaves. */
export function inputGradientTiles(shape: ConvolutionShape, variant: ConvolutionVariant): number {
  return tilesPerParity(shape, variant) * shape.stridePx ** 2;
}

export function convolutionInputGradient(
  shape: ConvolutionShape,
  variant: ConvolutionVariant,
  epilogue: InputGradientEpilogue = 'none',
): KernelCall {
  const inVectors = shape.inChannels / vectorWidth;
  const tiles = tilesPerParity(shape, variant);
  const { y, z } = spread(tiles);
  return {
    kernel: `convolutionInputGradient ${variantName(variant)}${epilogue === 'none' ? '' : ` +${epilogue}`}`,
    code:
      variant.rows === 'tiled'
        ? tiledInputGradientCode(constantNames, epilogue)
        : inputGradientCode(variant, epilogue, shape.kernelPx === 1 && shape.stridePx === 1),
    constants: [shape.batch, tiles, ...shapeConstants(shape), y, z],
    workgroups: [Math.ceil(inVectors / columnVectors(variant.rows)), y, z * shape.stridePx ** 2],
    flops: convolutionFlops(shape),
  };
}

function inputGradientCode(
  variant: ConvolutionVariant,
  epilogue: InputGradientEpilogue,
  pointwise: boolean,
): string {
  const own = ownRows(variant);
  const { tileRows } = variant;
  const extra = epilogue === 'none' ? [] : ['y', 'moments', 'partials'];
  return `${enableSubgroups(variant)}${constantsBlock(constantNames)}${storageBuffers(['dy', 'w', 'dx', ...extra], ['y'])}
${pixelFunction}${epilogue === 'none' ? '' : nonFiniteFunctions}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let column = group.x * ${lanes}u + lane;
  let column_ = min(column, constants.inVectors - 1u);
  let parity = group.z / constants.tilesZ;
  let tile = group.z % constants.tilesZ * constants.tilesY + group.y;
  let parityY = parity / constants.stridePx;
  let parityX = parity % constants.stridePx;
  // max: a one-pixel-wide image has no second column; its slice has no rows then.
  let rowsY = (max(constants.inHeight, parityY) - parityY + constants.stridePx - 1u) / constants.stridePx;
  let rowsX = (max(constants.inWidth, parityX) - parityX + constants.stridePx - 1u) / constants.stridePx;
  let rows = constants.batch * rowsY * rowsX;
  let firstRow = tile * ${tileRows}u;
  ${unroll(
    own.length,
    (
      q,
    ) => `let pixel${q} = pixelAt(min(firstRow + ${own[q] ?? ''}, max(rows, 1u) - 1u), parityY, parityX, max(rowsY, 1u), max(rowsX, 1u));
  let farY${q} = i32(pixel${q}.y + constants.paddingPx); let farX${q} = i32(pixel${q}.x + constants.paddingPx);`,
  )}
  ${declareSums(tileRows)}
  if (firstRow < rows) {
    for (var ky = (parityY + constants.paddingPx) % constants.stridePx; ky < constants.kernelPx; ky += constants.stridePx) {
      for (var kx = (parityX + constants.paddingPx) % constants.stridePx; kx < constants.kernelPx; kx += constants.stridePx) {
        ${unroll(own.length, (q) =>
          pointwise
            ? `let offset${q} = pixel${q}.index * constants.outVectors;`
            : `let oy${q} = (farY${q} - i32(ky)) / i32(constants.stridePx); let ox${q} = (farX${q} - i32(kx)) / i32(constants.stridePx);
        let inside${q} = farY${q} >= i32(ky) && oy${q} < i32(constants.outHeight) && farX${q} >= i32(kx) && ox${q} < i32(constants.outWidth);
        let offset${q} = select(0u, ((pixel${q}.image * constants.outHeight + u32(oy${q})) * constants.outWidth + u32(ox${q})) * constants.outVectors, inside${q});`,
        )}
        let weight = ((ky * constants.kernelPx + kx) * constants.inVectors + column_) * ${vectorWidth}u * constants.outVectors;
        for (var o = 0u; o < constants.outVectors; o += 1u) {
          ${unroll(own.length, (q) => `let v${q} = ${pointwise ? `dy[offset${q} + o]` : `select(vec4f(), dy[offset${q} + o], inside${q})`};`)}
          ${unroll(vectorWidth, (j) => `let t${j} = w[weight + ${j}u * constants.outVectors + o];`)}
          ${unroll(vectorWidth, (j) => `let w${j} = vec4f(t0[${j}], t1[${j}], t2[${j}], t3[${j}]);`)}
          ${multiplyRows(variant, 'v', ['w0', 'w1', 'w2', 'w3'])}
        }
      }
    }
  }
  if (column < constants.inVectors) {
    ${epilogue === 'none' ? forEachSum(tileRows, 'max(rows, firstRow) - firstRow', (r, sum) => writeRow(`firstRow + ${r}`, sum)) : maskAndSum(tileRows)}
  }
}
`;
}

function maskAndSum(tileRows: number): string {
  return `let channels = constants.inVectors;
    var total = vec4f(); var product = vec4f();
    ${loadMoments}
    ${forEachSum(tileRows, 'max(rows, firstRow) - firstRow', (r, sum) => maskRow(`firstRow + ${r}`, sum))}
    // Spread over y and z, the last tiles may be beyond the end.
    if (tile < constants.tiles) {
      let slot = (parity * constants.tiles + tile) * 2u * channels + column;
      partials[slot] = total;
      partials[slot + channels] = product;
    }`;
}
