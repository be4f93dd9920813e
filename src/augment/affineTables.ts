/**
 * Where each output pixel of a shear, translation or rotation comes from, as integers that a GPU adds exactly.
 *
 * Source: Pillow 9.4, affine_transform of Geometry.c: in = a (x + 0.5) + b (y + 0.5) + c in double. Here each
 * coordinate is the sum of a column's and a row's part; these are rounded to 32 bits of fraction, so that a sum is
 * within 2⁻³² of the exact one, and exact where the parts are multiples of 2⁻³². So quarter turns, which Pillow does
 * by transposing, and translations by whole pixels are exact copies.
 */
import type { AffineMatrix } from './reference/affine.ts';

export interface AffineTable {
  /** For each column, then for each row: x and y, each as a whole part and a fraction of 32 bits (unsigned). */
  columns: Int32Array;
  rows: Int32Array;
}

/** Coordinates of the pixel to the left of, and above, a pixel's centre: half a pixel less than Pillow's `in`. */
export function affineTable(
  [a, b, c, d, e, f]: AffineMatrix,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): AffineTable {
  const columns = new Int32Array(widthPx * 4);
  for (let x = 0; x < widthPx; x++) {
    writeFixedPoint(columns, x * 4, a * (x + 0.5) + c - 0.5);
    writeFixedPoint(columns, x * 4 + 2, d * (x + 0.5) + f - 0.5);
  }
  const rows = new Int32Array(heightPx * 4);
  for (let y = 0; y < heightPx; y++) {
    writeFixedPoint(rows, y * 4, b * (y + 0.5));
    writeFixedPoint(rows, y * 4 + 2, e * (y + 0.5));
  }
  return { columns, rows };
}

/** No image reaches that far, and sums of two stay in 32 bits. */
const farthest = 2 ** 29;

function writeFixedPoint(target: Int32Array, at: number, value: number): void {
  const bounded = Math.min(farthest, Math.max(-farthest, value));
  let whole = Math.floor(bounded);
  let fraction = Math.round((bounded - whole) * 2 ** 32);
  if (fraction === 2 ** 32) {
    whole += 1;
    fraction = 0;
  }
  target[at] = whole;
  target[at + 1] = fraction | 0;
}
