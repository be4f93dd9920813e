/** What both ways to compute an input gradient do with a thread's finished rows, as WGSL. */
import { unroll } from './kernel.ts';

/** Pixels of one parity, counted as rows; see convolutionInputGradient. */
export const pixelFunction = `/** Index of the pixel of this row in [batch, inHeight, inWidth], for the slice's parity. */
struct Pixel { index: u32, image: u32, y: u32, x: u32 }
fn pixelAt(row: u32, parityY: u32, parityX: u32, rowsY: u32, rowsX: u32) -> Pixel {
  let x = row % rowsX * constants.stridePx + parityX;
  let rest = row / rowsX;
  let y = rest % rowsY * constants.stridePx + parityY;
  let image = rest / rowsY;
  return Pixel((image * constants.inHeight + y) * constants.inWidth + x, image, y, x);
}`;

/** Writes sum0, sum1, … to the rows from `first` on. @param first a WGSL expression */
export function writeRows(first: string, count: number): string {
  return unroll(
    count,
    (r) => `if (${first} + ${r}u < rows) {
      dx[pixelAt(${first} + ${r}u, parityY, parityX, rowsY, rowsX).index * constants.inVectors + column] = sum${r};
    }`,
  );
}

/**
 * Passes sum0, sum1, … through batch norm's ReLU, writes them, and adds them to `total` and, times x̂, to
 * `product`. Needs `channels`, the vectors of a row.
 */
export function maskRows(first: string, count: number): string {
  return `let mean = moments[column]; let inverse = moments[channels + column];
    let scale = moments[2u * channels + column]; let shift = moments[3u * channels + column];
    ${unroll(
      count,
      (r) => `if (${first} + ${r}u < rows) {
      let at = pixelAt(${first} + ${r}u, parityY, parityX, rowsY, rowsX).index * channels + column;
      let value = vec4f(y[at]);
      let dz = select(vec4f(), sum${r}, fma(value, scale, shift) > vec4f());
      dx[at] = dz;
      total += dz;
      product = fma(dz, (value - mean) * inverse, product);
    }`,
    )}`;
}
