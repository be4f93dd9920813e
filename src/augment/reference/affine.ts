/**
 * ShearX, ShearY, TranslateX, TranslateY and Rotate: bilinear, black outside, in doubles.
 *
 * Source: torchvision 0.14.1, transforms/functional.py, _get_inverse_affine_matrix, and Pillow 9.4, Image.rotate
 * and Geometry.c (affine_transform, bilinear_filter32RGB). Operations are in their order, so that a coordinate on
 * the edge of a pixel falls on the same side.
 */
import type { PixelOperationName } from '../trivialAugment.ts';
import { shearFactorX, shearFactorY } from './shearFactor.ts';

interface Size {
  widthPx: number;
  heightPx: number;
}

export type AffineName = Extract<
  PixelOperationName,
  'ShearX' | 'ShearY' | 'TranslateX' | 'TranslateY' | 'Rotate'
>;

/** From the output to the source: x = a·x′ + b·y′ + c, y = d·x′ + e·y′ + f, with pixel centres at halves. */
export type AffineMatrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The matrix of an operation; its magnitude as in PixelOperation. */
export function inverseMatrix(name: AffineName, magnitude: number, size: Size): AffineMatrix {
  switch (name) {
    // The pivot of both shears is the top left corner.
    case 'ShearX':
      return [1, shearFactorX(magnitude), 0, 0, 1, 0];
    case 'ShearY':
      return [1, 0, 0, shearFactorY(magnitude), 1, 0];
    case 'TranslateX':
      return [1, 0, -Math.trunc(magnitude), 0, 1, 0];
    case 'TranslateY':
      return [1, 0, 0, 0, 1, -Math.trunc(magnitude)];
    case 'Rotate': {
      const angle = -modulo360(magnitude) * (Math.PI / 180);
      const a = roundTo15Digits(Math.cos(angle));
      const b = roundTo15Digits(Math.sin(angle));
      const d = roundTo15Digits(-Math.sin(angle));
      const centerX = size.widthPx / 2;
      const centerY = size.heightPx / 2;
      const c = a * -centerX + b * -centerY + centerX;
      const f = d * -centerX + a * -centerY + centerY;
      return [a, b, c, d, a, f];
    }
  }
}

/** Python's `%`: in [0, 360) also for negative angles. */
function modulo360(degrees: number): number {
  const rest = degrees % 360;
  return rest < 0 ? rest + 360 : rest;
}

function roundTo15Digits(value: number): number {
  return Number(value.toFixed(15));
}

/**
 * How many quarter turns counter-clockwise a rotation is, where Pillow turns without a filter: 0 and 2 always,
 * 1 and 3 on squares. Null for all other angles.
 */
export function quarterTurns(degrees: number, { widthPx, heightPx }: Size): 0 | 1 | 2 | 3 | null {
  switch (modulo360(degrees)) {
    case 0:
      return 0;
    case 90:
      return widthPx === heightPx ? 1 : null;
    case 180:
      return 2;
    case 270:
      return widthPx === heightPx ? 3 : null;
    default:
      return null;
  }
}

/** RGB bytes, [heightPx, widthPx, 3], turned counter-clockwise; odd turns need a square. */
export function turned(rgb: Uint8Array, { widthPx, heightPx }: Size, turns: 0 | 1 | 2 | 3): Uint8Array {
  const result = new Uint8Array(rgb.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const [fromX, fromY] = sourceOfTurn(turns, x, y, { widthPx, heightPx });
      const from = (fromY * widthPx + fromX) * 3;
      result.set(rgb.subarray(from, from + 3), (y * widthPx + x) * 3);
    }
  }
  return result;
}

function sourceOfTurn(
  turns: 0 | 1 | 2 | 3,
  x: number,
  y: number,
  { widthPx, heightPx }: Size,
): [x: number, y: number] {
  switch (turns) {
    case 0:
      return [x, y];
    case 1:
      return [widthPx - 1 - y, x];
    case 2:
      return [widthPx - 1 - x, heightPx - 1 - y];
    case 3:
      return [y, heightPx - 1 - x];
  }
}

/** Samples the source bilinearly at each output pixel's centre; the result is truncated. */
export function affineTransform(
  rgb: Uint8Array,
  { widthPx, heightPx }: Size,
  [a, b, c, d, e, f]: AffineMatrix,
): Uint8Array {
  const result = new Uint8Array(rgb.length);
  for (let outY = 0; outY < heightPx; outY++) {
    for (let outX = 0; outX < widthPx; outX++) {
      const sourceX = a * (outX + 0.5) + b * (outY + 0.5) + c;
      const sourceY = d * (outX + 0.5) + e * (outY + 0.5) + f;
      if (sourceX < 0 || sourceX >= widthPx || sourceY < 0 || sourceY >= heightPx) continue;
      const left = Math.floor(sourceX - 0.5);
      const top = Math.floor(sourceY - 0.5);
      const shareX = sourceX - 0.5 - left;
      const shareY = sourceY - 0.5 - top;
      const firstRow = Math.max(top, 0) * widthPx;
      // The last row's neighbour below is itself, and so is the one above the first.
      const secondRow = top + 1 < heightPx ? (top + 1) * widthPx : firstRow;
      const firstColumn = Math.max(left, 0);
      const secondColumn = Math.min(left + 1, widthPx - 1);
      for (let channel = 0; channel < 3; channel++) {
        const byteAt = (row: number, column: number) => rgb[(row + column) * 3 + channel] ?? 0;
        const between = (row: number) => {
          const first = byteAt(row, firstColumn);
          return first + (byteAt(row, secondColumn) - first) * shareX;
        };
        const upper = between(firstRow);
        result[(outY * widthPx + outX) * 3 + channel] = Math.trunc(
          upper + (between(secondRow) - upper) * shareY,
        );
      }
    }
  }
  return result;
}
