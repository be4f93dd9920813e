/**
 * convolutionFilterGradient (see there for the formula and buffers) with tiles in workgroup memory: rows are
 * kernel positions × input channels, columns output channels, and the sum goes over a share of the output pixels.
 */
import { constantsBlock, stepBlock, storageBuffers, unroll } from '../kernel.ts';
import { declareTileSums, threadsPerSide, tiledMain } from './tile.ts';

/** Pixels of a round. */
const roundPixels = 16;

export function tiledFilterGradientCode(constantNames: readonly string[], direct: boolean): string {
  return `${constantsBlock(constantNames)}${storageBuffers(['x', 'dy', 'dw'], ['x'])}${direct ? stepBlock(4) : ''}
var<workgroup> tileX: array<vec4f, ${roundPixels * threadsPerSide}>;
var<workgroup> tileDy: array<vec4f, ${roundPixels * threadsPerSide}>;
${tiledMain}
  let rowVectors = constants.kernelPx * constants.kernelPx * constants.inVectors;
  let firstVector = group.x % constants.inBlocks * ${threadsPerSide}u;
  let firstColumn = group.x / constants.inBlocks * ${threadsPerSide}u;
  // What this thread loads: one vector of input channels at a kernel position, one of output channels.
  let loadPixel = thread / ${threadsPerSide}u;
  let loadRow = firstVector + thread % ${threadsPerSide}u;
  let loadColumn = firstColumn + thread % ${threadsPerSide}u;
  let position = loadRow / constants.inVectors;
  let shiftY = i32(position / constants.kernelPx) - i32(constants.paddingPx);
  let shiftX = i32(position % constants.kernelPx) - i32(constants.paddingPx);
  let channel = loadRow % constants.inVectors;
  ${declareTileSums}
  let firstPixel = group.z * constants.rowsPerShare * constants.outWidth;
  let endPixel = min((group.z + 1u) * constants.rowsPerShare, constants.outputRows) * constants.outWidth;
  for (var first = firstPixel; first < endPixel; first += ${roundPixels}u) {
    let pixel = first + loadPixel;
    let outputRow = pixel / constants.outWidth;
    let iy = i32(outputRow % constants.outHeight * constants.stridePx) + shiftY;
    let ix = i32(pixel % constants.outWidth * constants.stridePx) + shiftX;
    var value = vec4f();
    if (pixel < endPixel && loadRow < rowVectors && iy >= 0 && iy < i32(constants.inHeight) && ix >= 0 && ix < i32(constants.inWidth)) {
      value = vec4f(x[((outputRow / constants.outHeight * constants.inHeight + u32(iy)) * constants.inWidth + u32(ix)) * constants.inVectors + channel]);
    }
    tileX[thread] = value;
    var gradient = vec4f();
    if (pixel < endPixel && loadColumn < constants.outVectors) {
      gradient = dy[pixel * constants.outVectors + loadColumn];
    }
    tileDy[thread] = gradient;
    workgroupBarrier();
    for (var p = 0u; p < ${roundPixels}u; p += 1u) {
      let a = tileX[p * ${threadsPerSide}u + local.y];
      let b = tileDy[p * ${threadsPerSide}u + local.x];
      ${unroll(4, (j) => `sum${String(j)} = fma(vec4f(a[${String(j)}]), b, sum${String(j)});`)}
    }
    workgroupBarrier();
  }
  let row = firstVector + local.y;
  let column = firstColumn + local.x;
  if (row < rowVectors && column < constants.outVectors) {
    let base = group.z * rowVectors * 4u * constants.outVectors + row * 4u * constants.outVectors + column;
    ${unroll(4, (j) => {
      const at = `base + ${String(j)}u * constants.outVectors`;
      return direct
        ? `dw[${at}] = sum${String(j)} + select(vec4f(), dw[${at}], step.accumulate > 0.0);`
        : `dw[${at}] = sum${String(j)};`;
    })}
  }
}
`;
}
