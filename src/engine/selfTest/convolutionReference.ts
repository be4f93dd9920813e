/** Convolutions on the CPU in double precision, by their definition. Filters are [kernel, kernel, in, out]. */
import { filterElements, outputSize, type ConvolutionShape } from '../kernels/convolution.ts';

/** Calls back for every product of the sum: indices of input pixel, output pixel and kernel position. */
function eachTap(
  shape: ConvolutionShape,
  visit: (input: number, output: number, position: number) => void,
): void {
  const { height, width } = outputSize(shape);
  const { kernelPx, stridePx, paddingPx, inHeight, inWidth } = shape;
  for (let b = 0; b < shape.batch; b += 1)
    for (let oy = 0; oy < height; oy += 1)
      for (let ox = 0; ox < width; ox += 1)
        for (let ky = 0; ky < kernelPx; ky += 1)
          for (let kx = 0; kx < kernelPx; kx += 1) {
            const iy = oy * stridePx + ky - paddingPx;
            const ix = ox * stridePx + kx - paddingPx;
            if (iy < 0 || iy >= inHeight || ix < 0 || ix >= inWidth) continue;
            visit((b * inHeight + iy) * inWidth + ix, (b * height + oy) * width + ox, ky * kernelPx + kx);
          }
}

export function referenceForward(shape: ConvolutionShape, x: Float32Array, w: Float32Array): Float64Array {
  const { inChannels, outChannels } = shape;
  const { height, width } = outputSize(shape);
  const y = new Float64Array(shape.batch * height * width * outChannels);
  eachTap(shape, (input, output, position) => {
    for (let i = 0; i < inChannels; i += 1) {
      const value = x[input * inChannels + i] ?? NaN;
      for (let o = 0; o < outChannels; o += 1) {
        y[output * outChannels + o] =
          (y[output * outChannels + o] ?? 0) +
          value * (w[(position * inChannels + i) * outChannels + o] ?? NaN);
      }
    }
  });
  return y;
}

export function referenceInputGradient(
  shape: ConvolutionShape,
  dy: Float32Array,
  w: Float32Array,
): Float64Array {
  const { inChannels, outChannels } = shape;
  const dx = new Float64Array(shape.batch * shape.inHeight * shape.inWidth * inChannels);
  eachTap(shape, (input, output, position) => {
    for (let i = 0; i < inChannels; i += 1) {
      let sum = 0;
      for (let o = 0; o < outChannels; o += 1) {
        sum +=
          (dy[output * outChannels + o] ?? NaN) * (w[(position * inChannels + i) * outChannels + o] ?? NaN);
      }
      dx[input * inChannels + i] = (dx[input * inChannels + i] ?? 0) + sum;
    }
  });
  return dx;
}

export function referenceFilterGradient(
  shape: ConvolutionShape,
  x: Float32Array,
  dy: Float32Array,
): Float64Array {
  const { inChannels, outChannels } = shape;
  const dw = new Float64Array(filterElements(shape));
  eachTap(shape, (input, output, position) => {
    for (let i = 0; i < inChannels; i += 1) {
      const value = x[input * inChannels + i] ?? NaN;
      for (let o = 0; o < outChannels; o += 1) {
        const at = (position * inChannels + i) * outChannels + o;
        dw[at] = (dw[at] ?? 0) + value * (dy[output * outChannels + o] ?? NaN);
      }
    }
  });
  return dw;
}
