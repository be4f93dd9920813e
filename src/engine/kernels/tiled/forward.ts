/** convolutionForward (see there for the formula and buffers) with tiles in workgroup memory. */
import { forwardActivations, type ForwardEpilogue } from '../convolutionForward.ts';
import { constantsBlock, storageBuffers, unroll } from '../kernel.ts';
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

export function tiledForwardCode(constantNames: readonly string[], epilogue: ForwardEpilogue): string {
  const extra = epilogue === 'none' ? [] : [epilogue === 'bias' ? 'bias' : 'partials'];
  return `${constantsBlock(constantNames)}${storageBuffers(['x', 'w', 'y', ...extra], forwardActivations(epilogue))}${tileMemory}
${epilogue === 'statistics' ? `var<workgroup> counts: array<f32, ${threadsPerSide}>;` : ''}
${tiledMain}
  let column = group.x * ${threadsPerSide}u + local.x;
  let tile = group.z * constants.tilesY + group.y;
  let firstRow = tile * ${tileSide}u;
  // What this thread loads: one row of pixels, and one column of weights.
  let loadRow = min(firstRow + thread / ${roundVectors}u, constants.rows - 1u);
  let rest = loadRow / constants.outWidth;
  let originX = i32(loadRow % constants.outWidth * constants.stridePx) - i32(constants.paddingPx);
  let originY = i32(rest % constants.outHeight * constants.stridePx) - i32(constants.paddingPx);
  let image = rest / constants.outHeight * constants.inHeight;
  let loadVector = thread % ${roundVectors}u;
  let loadWeight = thread / ${threadsPerSide}u;
  let vectors = constants.kernelPx * constants.kernelPx * constants.inVectors;
  ${declareTileSums}
  for (var first = 0u; first < vectors; first += ${roundVectors}u) {
    // Kernel positions and input channels are one index, so that few channels fill a round, too.
    let index = first + loadVector;
    let position = index / constants.inVectors;
    let iy = originY + i32(position / constants.kernelPx);
    let ix = originX + i32(position % constants.kernelPx);
    var value = vec4f();
    if (index < vectors && iy >= 0 && iy < i32(constants.inHeight) && ix >= 0 && ix < i32(constants.inWidth)) {
      value = vec4f(x[((image + u32(iy)) * constants.inWidth + u32(ix)) * constants.inVectors + index % constants.inVectors]);
    }
    tileA[thread] = value;
    let weightRow = first * 4u + loadWeight;
    var weight = vec4f();
    if (weightRow < vectors * 4u && column < constants.outVectors) {
      weight = w[weightRow * constants.outVectors + column];
    }
    tileB[thread] = weight;
    ${multiplyTile}
  }
  ${epilogue === 'bias' ? `if (column < constants.outVectors) { let offset = bias[column]; ${unroll(rowsPerThread, (r) => `sum${r} += offset;`)} }` : ''}
  let myRow = firstRow + local.y * ${rowsPerThread}u;
  if (column < constants.outVectors) {
    ${unroll(rowsPerThread, (r) => `if (myRow + ${r}u < constants.rows) { y[(myRow + ${r}u) * constants.outVectors + column] = ${epilogue === 'bias' ? '' : 'Stored'}(sum${r}); }`)}
  }
  ${epilogue === 'statistics' ? statistics : ''}
}
`;
}

/** Chan's merge over the 16 threads of a column; rows beyond the last one count nothing. */
const statistics = `let end = max(constants.rows, myRow);
  var n = f32(min(${rowsPerThread}u, end - myRow));
  ${unroll(rowsPerThread, (r) => `let used${r} = select(0.0, 1.0, myRow + ${r}u < constants.rows);`)}
  var mean = (${Array.from({ length: rowsPerThread }, (_, r) => `sum${String(r)} * used${String(r)}`).join(' + ')}) / max(n, 1.0);
  var squares = vec4f();
  ${unroll(rowsPerThread, (r) => `{ let d = (sum${r} - mean) * used${r}; squares += d * d; }`)}
  // The tiles' memory is free now: means in one, squares in the other.
  let slot = local.y * ${threadsPerSide}u + local.x;
  tileA[slot] = mean; tileB[slot] = squares;
  if (local.x == 0u) { counts[local.y] = n; }
  for (var half = ${threadsPerSide / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      let other = slot + half * ${threadsPerSide}u;
      let count = counts[local.y + half];
      let total = n + count;
      let share = count / max(total, 1.0);
      let delta = tileA[other] - mean;
      mean += delta * share;
      squares += tileB[other] + delta * delta * (n * share);
      n = total;
    }
    workgroupBarrier();
    if (local.y < half) {
      tileA[slot] = mean; tileB[slot] = squares;
      if (local.x == 0u) { counts[local.y] = n; }
    }
  }
  if (local.y == 0u && column < constants.outVectors && firstRow < constants.rows) {
    let at = tile * 2u * constants.outVectors + column;
    partials[at] = mean;
    partials[at + constants.outVectors] = squares;
  }`;
