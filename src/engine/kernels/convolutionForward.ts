/**
 * Convolution forward as an implicit matrix product: rows are output pixels of the whole batch, columns output
 * channels, and the sum goes over kernel positions and input channels.
 *
 *   y[b, oy, ox, o] = Σ x[b, oy·stride + ky − padding, ox·stride + kx − padding, i] · w[ky, kx, i, o]
 *
 * Buffers: x, w, y, then with `statistics` the partials, with `bias` the bias [outChannels].
 *
 * `statistics`: each tile of rows leaves its mean and its sum of squared differences from that mean, per
 * channel, at partials[tile][0 | 1][outChannels]. batchNormStatistics merges them.
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
  outputSize,
  shapeConstantNames,
  shapeConstants,
  ownRows,
  variantName,
  type ConvolutionShape,
  type ConvolutionVariant,
} from './convolution.ts';
import { tiledForwardCode } from './tiled/forward.ts';

export type ForwardEpilogue = 'none' | 'statistics' | 'bias';

const constantNames = ['rows', 'tilesY', ...shapeConstantNames] as const;

/** With a bias y is the network's output, which stays f32. */
export function forwardActivations(epilogue: ForwardEpilogue): string[] {
  return epilogue === 'bias' ? ['x'] : ['x', 'y'];
}

/** Tiles of rows, which is how many partials `statistics` leaves. */
export function forwardTiles(shape: ConvolutionShape, { tileRows }: ConvolutionVariant): number {
  const { height, width } = outputSize(shape);
  return Math.ceil((shape.batch * height * width) / tileRows);
}

export function convolutionForward(
  shape: ConvolutionShape,
  variant: ConvolutionVariant,
  epilogue: ForwardEpilogue = 'none',
): KernelCall {
  const { height, width } = outputSize(shape);
  const outVectors = shape.outChannels / vectorWidth;
  const { y, z } = spread(forwardTiles(shape, variant));
  return {
    kernel: `convolutionForward ${variantName(variant)}${epilogue === 'none' ? '' : ` +${epilogue}`}`,
    code:
      variant.rows === 'tiled'
        ? tiledForwardCode(constantNames, epilogue)
        : forwardCode(variant, epilogue, shape.kernelPx === 1 && shape.paddingPx === 0),
    constants: [shape.batch * height * width, y, ...shapeConstants(shape)],
    workgroups: [Math.ceil(outVectors / columnVectors(variant.rows)), y, z],
    flops: convolutionFlops(shape),
  };
}

function forwardCode(variant: ConvolutionVariant, epilogue: ForwardEpilogue, pointwise: boolean): string {
  const own = ownRows(variant);
  const { tileRows } = variant;
  const extra = epilogue === 'none' ? [] : [epilogue === 'bias' ? 'bias' : 'partials'];
  const loadTap = unroll(own.length, (q) =>
    pointwise
      ? `let offset${q} = origin${q};`
      : `let y${q} = originY${q} + i32(ky); let x${q} = originX${q} + i32(kx);
      let inside${q} = y${q} >= 0 && y${q} < i32(constants.inHeight) && x${q} >= 0 && x${q} < i32(constants.inWidth);
      let offset${q} = select(0u, ((image${q} + u32(y${q})) * constants.inWidth + u32(x${q})) * constants.inVectors, inside${q});`,
  );
  return `${enableSubgroups(variant)}${constantsBlock(constantNames)}${storageBuffers(['x', 'w', 'y', ...extra], forwardActivations(epilogue))}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let column = group.x * ${lanes}u + lane;
  let column_ = min(column, constants.outVectors - 1u);
  let tile = group.z * constants.tilesY + group.y;
  let firstRow = tile * ${tileRows}u;
  ${unroll(
    own.length,
    (q) => `let row${q} = min(firstRow + ${own[q] ?? ''}, constants.rows - 1u);
  let ox${q} = row${q} % constants.outWidth; let rest${q} = row${q} / constants.outWidth;
  let oy${q} = rest${q} % constants.outHeight; let image${q} = rest${q} / constants.outHeight * constants.inHeight;
  ${
    pointwise
      ? `let origin${q} = ((image${q} + oy${q} * constants.stridePx) * constants.inWidth + ox${q} * constants.stridePx) * constants.inVectors;`
      : `let originY${q} = i32(oy${q} * constants.stridePx) - i32(constants.paddingPx);
  let originX${q} = i32(ox${q} * constants.stridePx) - i32(constants.paddingPx);`
  }`,
  )}
  ${declareSums(tileRows)}
  var weight = column_;
  for (var ky = 0u; ky < constants.kernelPx; ky += 1u) {
    for (var kx = 0u; kx < constants.kernelPx; kx += 1u) {
      ${loadTap}
      for (var i = 0u; i < constants.inVectors; i += 1u) {
        ${unroll(own.length, (q) => `let v${q} = ${pointwise ? `vec4f(x[offset${q} + i])` : `select(vec4f(), vec4f(x[offset${q} + i]), inside${q})`};`)}
        ${unroll(vectorWidth, (j) => `let w${j} = w[weight + ${j}u * constants.outVectors];`)}
        weight += ${vectorWidth}u * constants.outVectors;
        ${multiplyRows(variant, 'v', ['w0', 'w1', 'w2', 'w3'])}
      }
    }
  }
  ${epilogue === 'bias' ? `let offset = bias[column_];\n${unroll(tileRows, (r) => `sum${r} += offset;`)}` : ''}
  if (column < constants.outVectors) {
    ${forEachSum(
      tileRows,
      'max(constants.rows, firstRow) - firstRow',
      (r, sum) =>
        `y[(firstRow + ${r}) * constants.outVectors + column] = ${epilogue === 'bias' ? '' : 'Stored'}(${sum});`,
    )}
    ${epilogue === 'statistics' ? statisticsCode(tileRows) : ''}
  }
}
`;
}

/** Mean and squared differences of the tile's rows; rows beyond the last one count nothing. */
function statisticsCode(tileRows: number): string {
  return `let count = f32(min(${tileRows}u, max(constants.rows, firstRow + 1u) - firstRow));
    ${unroll(tileRows, (r) => `let used${r} = select(0.0, 1.0, firstRow + ${r}u < constants.rows);`)}
    let mean = (${Array.from({ length: tileRows }, (_, r) => `sum${r} * used${r}`).join(' + ')}) / count;
    var squares = vec4f();
    ${unroll(tileRows, (r) => `{ let d = (sum${r} - mean) * used${r}; squares += d * d; }`)}
    // Spread over y and z, the last tiles may be beyond the end.
    if (firstRow < constants.rows) {
      let slot = tile * 2u * constants.outVectors + column;
      partials[slot] = mean;
      partials[slot + constants.outVectors] = squares;
    }`;
}
