/** What both ways to compute an input gradient do with a thread's finished rows, as WGSL. */
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

/** Writes a row's sum. @param row @param sum WGSL expressions */
export function writeRow(row: string, sum: string): string {
  return `dx[pixelAt(${row}, parityY, parityX, rowsY, rowsX).index * constants.inVectors + column] = ${sum};`;
}

/** What maskRow needs before the first row; `channels` are the vectors of a row. */
export const loadMoments = `let mean = moments[column]; let inverse = moments[channels + column];
    let scale = moments[2u * channels + column]; let shift = moments[3u * channels + column];`;

/**
 * Passes a row's sum through batch norm's ReLU, writes it, and adds it to `total` and, times x̂, to `product`. Needs
 * `nonFiniteFunctions`.
 * @param row @param sum WGSL expressions
 */
export function maskRow(row: string, sum: string): string {
  return `let at = pixelAt(${row}, parityY, parityX, rowsY, rowsX).index * channels + column;
      let value = vec4f(y[at]);
      let dz = select(${sum}, vec4f(), reluBlocks(fma(value, scale, shift)));
      dx[at] = dz;
      total += dz;
      product = fma(dz, (value - mean) * inverse, product);`;
}
