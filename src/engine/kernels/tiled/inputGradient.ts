/** convolutionInputGradient (see there for the formula, buffers and parities) with tiles in workgroup memory. */
import type { InputGradientEpilogue } from '../convolutionInputGradient.ts';
import { loadMoments, maskRow, pixelFunction, writeRow } from '../inputGradientRows.ts';
import { constantsBlock, storageBuffers, unroll } from '../kernel.ts';
import { nonFiniteFunctions } from '../nonFinite.ts';
import {
  declareTileSums,
  multiplyTile,
  roundVectors,
  rowsPerThread,
  threadsPerSide,
  tiledMain,
  tileMemory,
  tileSide,
} from './tile.ts';

export function tiledInputGradientCode(
  constantNames: readonly string[],
  epilogue: InputGradientEpilogue,
): string {
  const extra = epilogue === 'none' ? [] : ['y', 'moments', 'partials'];
  return `${constantsBlock(constantNames)}${storageBuffers(['dy', 'w', 'dx', ...extra], ['y'])}${tileMemory}
${pixelFunction}${epilogue === 'none' ? '' : nonFiniteFunctions}
${tiledMain}
  let column = group.x * ${threadsPerSide}u + local.x;
  let parity = group.z / constants.tilesZ;
  let tile = group.z % constants.tilesZ * constants.tilesY + group.y;
  let parityY = parity / constants.stridePx;
  let parityX = parity % constants.stridePx;
  let rowsY = (max(constants.inHeight, parityY) - parityY + constants.stridePx - 1u) / constants.stridePx;
  let rowsX = (max(constants.inWidth, parityX) - parityX + constants.stridePx - 1u) / constants.stridePx;
  let rows = constants.batch * rowsY * rowsX;
  let firstRow = tile * ${tileSide}u;
  // Kernel positions that meet pixels of this parity: firstKy, firstKy + stride, …
  let firstKy = (parityY + constants.paddingPx) % constants.stridePx;
  let firstKx = (parityX + constants.paddingPx) % constants.stridePx;
  let countKy = (max(constants.kernelPx, firstKy) - firstKy + constants.stridePx - 1u) / constants.stridePx;
  let countKx = (max(constants.kernelPx, firstKx) - firstKx + constants.stridePx - 1u) / constants.stridePx;
  let vectors = countKy * countKx * constants.outVectors;
  let loadPixel = pixelAt(min(firstRow + thread / ${roundVectors}u, max(rows, 1u) - 1u), parityY, parityX, max(rowsY, 1u), max(rowsX, 1u));
  let loadVector = thread % ${roundVectors}u;
  // The first 64 threads load a 4×4 block of weights each and turn it round: w has output channels last.
  let blockColumn = group.x * ${threadsPerSide}u + thread % ${threadsPerSide}u;
  let blockVector = thread / ${threadsPerSide}u;
  ${declareTileSums}
  for (var first = 0u; first < vectors; first += ${roundVectors}u) {
    let index = first + loadVector;
    let position = index / constants.outVectors;
    let ky = firstKy + position / max(countKx, 1u) * constants.stridePx;
    let kx = firstKx + position % max(countKx, 1u) * constants.stridePx;
    let farY = i32(loadPixel.y + constants.paddingPx) - i32(ky);
    let farX = i32(loadPixel.x + constants.paddingPx) - i32(kx);
    let oy = farY / i32(constants.stridePx);
    let ox = farX / i32(constants.stridePx);
    var value = vec4f();
    if (index < vectors && farY >= 0 && oy < i32(constants.outHeight) && farX >= 0 && ox < i32(constants.outWidth)) {
      value = dy[((loadPixel.image * constants.outHeight + u32(oy)) * constants.outWidth + u32(ox)) * constants.outVectors + index % constants.outVectors];
    }
    tileA[thread] = value;
    if (thread < ${threadsPerSide * roundVectors}u) {
      let wIndex = first + blockVector;
      let wPosition = wIndex / constants.outVectors;
      let wKy = firstKy + wPosition / max(countKx, 1u) * constants.stridePx;
      let wKx = firstKx + wPosition % max(countKx, 1u) * constants.stridePx;
      var block = array<vec4f, 4>();
      if (wIndex < vectors && blockColumn < constants.inVectors) {
        let at = ((wKy * constants.kernelPx + wKx) * constants.inVectors + blockColumn) * 4u * constants.outVectors + wIndex % constants.outVectors;
        ${unroll(4, (c) => `block[${String(c)}] = w[at + ${String(c)}u * constants.outVectors];`)}
      }
      ${unroll(4, (j) => `tileB[(blockVector * 4u + ${String(j)}u) * ${threadsPerSide}u + thread % ${threadsPerSide}u] = vec4f(block[0][${String(j)}], block[1][${String(j)}], block[2][${String(j)}], block[3][${String(j)}]);`)}
    }
    ${multiplyTile}
  }
  let myRow = firstRow + local.y * ${rowsPerThread}u;
  ${epilogue === 'none' ? write : maskAndSum}
}
`;
}

const write = `if (column < constants.inVectors) {
    ${unroll(rowsPerThread, (r) => `if (myRow + ${r}u < rows) { ${writeRow(`myRow + ${String(r)}u`, `sum${String(r)}`)} }`)}
  }`;

const maskAndSum = `let channels = constants.inVectors;
  var total = vec4f(); var product = vec4f();
  if (column < channels) {
    ${loadMoments}
    ${unroll(rowsPerThread, (r) => `if (myRow + ${r}u < rows) { ${maskRow(`myRow + ${String(r)}u`, `sum${String(r)}`)} }`)}
  }
  // The tiles' memory is free now.
  let slot = local.y * ${threadsPerSide}u + local.x;
  tileA[slot] = total; tileB[slot] = product;
  for (var half = ${threadsPerSide / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      tileA[slot] += tileA[slot + half * ${threadsPerSide}u];
      tileB[slot] += tileB[slot + half * ${threadsPerSide}u];
    }
  }
  if (local.y == 0u && column < channels && tile < constants.tiles) {
    let at = (parity * constants.tiles + tile) * 2u * channels + column;
    partials[at] = tileA[slot];
    partials[at + channels] = tileB[slot];
  }`;
