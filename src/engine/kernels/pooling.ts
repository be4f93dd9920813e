/** Max-pool and global average pool. */
import {
  constantsBlock,
  declareBuffers,
  elementwiseGrid,
  elementwiseMain,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from './kernel.ts';
import { nonFiniteFunctions } from './nonFinite.ts';

/** A window that slides over [batch, inHeight, inWidth, channels]. */
export interface PoolShape {
  batch: number;
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  /** A multiple of 4. */
  channels: number;
  kernelPx: number;
  stridePx: number;
  paddingPx: number;
}

const constantNames = [
  'vectors',
  'channels',
  'inHeight',
  'inWidth',
  'outHeight',
  'outWidth',
  'kernelPx',
  'stridePx',
  'paddingPx',
  'unused0',
  'unused1',
  'unused2',
] as const;

function poolConstants(shape: PoolShape, vectors: number): number[] {
  return [
    ...[
      vectors,
      shape.channels / vectorWidth,
      shape.inHeight,
      shape.inWidth,
      shape.outHeight,
      shape.outWidth,
    ],
    ...[shape.kernelPx, shape.stridePx, shape.paddingPx, 0, 0, 0],
  ];
}

/** Pixels outside the image never win, and NaN does, as in torch. Buffers: x, y. */
export function maxPool(shape: PoolShape): KernelCall {
  const vectors = (shape.batch * shape.outHeight * shape.outWidth * shape.channels) / vectorWidth;
  return {
    kernel: 'maxPool',
    code: `${constantsBlock(constantNames)}${storageBuffers(['x', 'y'], ['x', 'y'])}
${nonFiniteFunctions}${elementwiseMain}
  let column = index % constants.channels;
  let pixel = index / constants.channels;
  let ox = pixel % constants.outWidth;
  let rest = pixel / constants.outWidth;
  let top = i32(rest % constants.outHeight * constants.stridePx) - i32(constants.paddingPx);
  let left = i32(ox * constants.stridePx) - i32(constants.paddingPx);
  let image = rest / constants.outHeight * constants.inHeight;
  // The first pixel inside, not a least number: where all are −∞, so is the result.
  var largest = vec4f(x[((image + u32(max(top, 0))) * constants.inWidth + u32(max(left, 0))) * constants.channels + column]);
  for (var iy = max(top, 0); iy < min(top + i32(constants.kernelPx), i32(constants.inHeight)); iy += 1) {
    for (var ix = max(left, 0); ix < min(left + i32(constants.kernelPx), i32(constants.inWidth)); ix += 1) {
      let value = vec4f(x[((image + u32(iy)) * constants.inWidth + u32(ix)) * constants.channels + column]);
      largest = select(largest, value, ((value > largest) & !isNan(largest)) | isNan(value));
    }
  }
  y[index] = Stored(largest);
}
`,
    constants: poolConstants(shape, vectors),
    workgroups: elementwiseGrid(vectors),
    flops: vectors * vectorWidth * shape.kernelPx ** 2,
  };
}

/**
 * Gradient of max-pool, gathered: an input pixel gets the gradient of every window whose first largest value
 * (in reading order, as torch chooses it) it is; in a window with NaN the last of these, likewise.
 *
 * Buffers: x, y (the pooled values), dx, then the gradients of y, which are added.
 */
export function maxPoolGradient(shape: PoolShape, gradients: 1 | 2): KernelCall {
  const vectors = (shape.batch * shape.inHeight * shape.inWidth * shape.channels) / vectorWidth;
  const names = Array.from({ length: gradients }, (_, i) => `gradient${String(i)}`);
  return {
    kernel: `maxPoolGradient of ${String(gradients)}`,
    code: `${constantsBlock(constantNames)}${storageBuffers(['x', 'y', 'dx', ...names], ['x', 'y'])}
${nonFiniteFunctions}${elementwiseMain}
  let column = index % constants.channels;
  let pixel = index / constants.channels;
  let ix = i32(pixel % constants.inWidth);
  let rest = pixel / constants.inWidth;
  let iy = i32(rest % constants.inHeight);
  let batch = rest / constants.inHeight;
  let kernel = i32(constants.kernelPx); let stride = i32(constants.stridePx); let padding = i32(constants.paddingPx);
  let value = vec4f(x[index]);
  var sum = vec4f();
  // Windows with oy·stride − padding ≤ iy < oy·stride − padding + kernel.
  let firstY = max(iy + padding - kernel + stride, 0) / stride;
  let firstX = max(ix + padding - kernel + stride, 0) / stride;
  for (var oy = firstY; oy <= min((iy + padding) / stride, i32(constants.outHeight) - 1); oy += 1) {
    for (var ox = firstX; ox <= min((ix + padding) / stride, i32(constants.outWidth) - 1); ox += 1) {
      let at = ((batch * constants.outHeight + u32(oy)) * constants.outWidth + u32(ox)) * constants.channels + column;
      let pooled = vec4f(y[at]);
      let hasNan = isNan(pooled);
      var wins = select(value == pooled, isNan(value), hasNan);
      if (any(wins)) {
        let left = max(ox * stride - padding, 0);
        let right = min(ox * stride - padding + kernel, i32(constants.inWidth));
        for (var wy = max(oy * stride - padding, 0); wy <= iy; wy += 1) {
          for (var wx = left; wx < select(right, ix, wy == iy); wx += 1) {
            let earlier = vec4f(x[((batch * constants.inHeight + u32(wy)) * constants.inWidth + u32(wx)) * constants.channels + column]);
            wins = wins & (hasNan | (earlier != pooled));
          }
        }
        if (any(hasNan)) {
          let bottom = min(oy * stride - padding + kernel, i32(constants.inHeight));
          for (var wy = iy; wy < bottom; wy += 1) {
            for (var wx = select(left, ix + 1, wy == iy); wx < right; wx += 1) {
              let later = vec4f(x[((batch * constants.inHeight + u32(wy)) * constants.inWidth + u32(wx)) * constants.channels + column]);
              wins = wins & !(hasNan & isNan(later));
            }
          }
        }
        sum += select(vec4f(), ${names.map((name) => `${name}[at]`).join(' + ')}, wins);
      }
    }
  }
  dx[index] = sum;
}
`,
    constants: poolConstants(shape, vectors),
    workgroups: elementwiseGrid(vectors),
    flops: vectors * vectorWidth * gradients * 4,
  };
}

/** Mean over the pixels of each image: [batch, pixels, channels] → [batch, channels]. Buffers: x, y. */
export function averagePool(batch: number, pixels: number, channels: number): KernelCall {
  const vectors = (batch * channels) / vectorWidth;
  return {
    kernel: 'averagePool',
    code: `${constantsBlock(['vectors', 'channels', 'pixels', 'unused'])}${storageBuffers(['x', 'y'], ['x', 'y'])}
${elementwiseMain}
  let column = index % constants.channels;
  let first = index / constants.channels * constants.pixels;
  var sum = vec4f();
  for (var pixel = 0u; pixel < constants.pixels; pixel += 1u) {
    sum += vec4f(x[(first + pixel) * constants.channels + column]);
  }
  y[index] = Stored(sum / f32(constants.pixels));
}
`,
    constants: [vectors, channels / vectorWidth, pixels, 0],
    workgroups: elementwiseGrid(vectors),
    flops: batch * pixels * channels,
  };
}

/** [batch, pixels, 3] f32 → [batch, pixels, 4] with a zero: whole vectors. Buffers: images, padded. */
export function padColours(pixels: number): KernelCall {
  return {
    kernel: 'padColours',
    code: `${constantsBlock(['vectors', 'unused0', 'unused1', 'unused2'])}${declareBuffers({ images: 'f32', padded: 'Stored' })}
${elementwiseMain}
  padded[index] = Stored(vec4f(images[index * 3u], images[index * 3u + 1u], images[index * 3u + 2u], 0.0));
}
`,
    constants: [pixels, 0, 0, 0],
    workgroups: elementwiseGrid(pixels),
    flops: 0,
  };
}
