/**
 * Where each output pixel of a shear, translation or rotation comes from, as integers that a GPU adds exactly.
 *
 * Source: Pillow 9.4, affine_transform of Geometry.c: in = a (x + 0.5) + b (y + 0.5) + c in double. Here each
 * coordinate is the sum of a column's and a row's part; these are rounded to 32 bits of fraction, so that a sum is
 * within 2⁻³² of the exact one, and exact where the parts are multiples of 2⁻³². So quarter turns, which Pillow does
 * by transposing, and translations by whole pixels are exact copies. Whether a pixel's centre is still inside the
 * source is decided here, in Pillow's doubles: a shear by 0.5 puts centres so close to the edge that 32 bits of
 * fraction fall on the other side of it.
 */
import type { AffineMatrix } from './reference/affine.ts';

/** Integers of a column, and of a row. */
export const columnInts = 4;
export const rowInts = 6;

export interface AffineTable {
  /** For each column: its part of x, then of y, as a whole part and a fraction of 32 bits (unsigned). */
  columns: Int32Array;
  /** For each row the same, then its first output pixel that is inside the source, and the first that is no more. */
  rows: Int32Array;
}

interface Size {
  widthPx: number;
  heightPx: number;
}

/** Coordinates of the pixel to the left of, and above, a pixel's centre: half a pixel less than Pillow's `in`. */
export function affineTable(matrix: AffineMatrix, size: Size): AffineTable {
  const [a, b, c, d, e, f] = matrix;
  const { widthPx, heightPx } = size;
  const columns = new Int32Array(widthPx * columnInts);
  for (let x = 0; x < widthPx; x++) {
    writeFixedPoint(columns, x * columnInts, a * (x + 0.5) + c - 0.5);
    writeFixedPoint(columns, x * columnInts + 2, d * (x + 0.5) + f - 0.5);
  }
  const rows = new Int32Array(heightPx * rowInts);
  for (let y = 0; y < heightPx; y++) {
    writeFixedPoint(rows, y * rowInts, b * (y + 0.5));
    writeFixedPoint(rows, y * rowInts + 2, e * (y + 0.5));
    rows.set(columnsInside(matrix, y, size), y * rowInts + 4);
  }
  return { columns, rows };
}

/** Rounded sums of monotonic terms are monotonic, so the pixels inside follow one another. */
function columnsInside([a, b, c, d, e, f]: AffineMatrix, y: number, { widthPx, heightPx }: Size) {
  const isInside = (x: number): boolean => {
    const xIn = a * (x + 0.5) + b * (y + 0.5) + c;
    const yIn = d * (x + 0.5) + e * (y + 0.5) + f;
    return xIn >= 0 && xIn < widthPx && yIn >= 0 && yIn < heightPx;
  };
  let first = 0;
  while (first < widthPx && !isInside(first)) first++;
  let end = widthPx;
  while (end > first && !isInside(end - 1)) end--;
  return [first, end] as const;
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
