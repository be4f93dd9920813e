/**
 * Pillow's antialiased bilinear resize, to the byte: a horizontal pass, then a vertical one, with bytes in
 * between and coefficients in 22-bit fixed point.
 *
 * Source: Pillow 9.4, src/libImaging/Resample.c (precompute_coeffs, normalize_coeffs_8bpc,
 * ImagingResampleHorizontal_8bpc, ImagingResampleVertical_8bpc). Pillow skips an axis that keeps its size;
 * here its coefficients are (1, 0), which is the same. The tables serve the GPU kernels too;
 * resizeReference is their oracle, and what runs where there is no WebGPU.
 */
import { requireApplicable, type PixelImage, type SampleParameters } from './parameters.ts';

const precisionBits = 22;
export const halfOfFixedPointOne = 1 << (precisionBits - 1);

/** For each output pixel of one axis: which source pixels it is made of, and their coefficients. */
export interface AxisTable {
  /**
   * `strideInts` integers an output pixel: first source pixel, number of source pixels, coefficients (Q22),
   * then zeros. Pixels outside the resized image have no source pixels, which makes them black.
   */
  entries: Int32Array;
  strideInts: number;
  /** All source pixels that the entries use: from sourceFirst, sourceCount of them. */
  sourceFirst: number;
  sourceCount: number;
}

/**
 * @param inPx size of the crop along this axis
 * @param outPx size it is resized to
 * @param windowFirst first output pixel wanted; may be negative
 * @param windowPx number of output pixels wanted; may end past outPx
 */
export function axisTable(inPx: number, outPx: number, windowFirst: number, windowPx: number): AxisTable {
  const scale = inPx / outPx;
  // Bilinear's triangle has radius 1, and is widened when it shrinks the image.
  const support = Math.max(scale, 1);
  const inverseSupport = 1 / support;
  const mostTaps = Math.min(inPx, Math.ceil(support) * 2 + 1);
  const strideInts = 2 + mostTaps;
  const entries = new Int32Array(windowPx * strideInts);
  const weights = new Float64Array(mostTaps);
  let usedFrom = inPx;
  let usedTo = 0;
  for (let index = 0; index < windowPx; index++) {
    const outIndex = windowFirst + index;
    if (outIndex < 0 || outIndex >= outPx) continue;
    const center = (outIndex + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inPx, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let tap = 0; tap < end - first; tap++) {
      const weight = Math.max(0, 1 - Math.abs((tap + first - center + 0.5) * inverseSupport));
      weights[tap] = weight;
      sum += weight;
    }
    const at = index * strideInts;
    entries[at] = first;
    entries[at + 1] = end - first;
    for (let tap = 0; tap < end - first; tap++) {
      // Pillow normalises in double, then rounds each coefficient by itself.
      entries[at + 2 + tap] = Math.trunc(0.5 + ((weights[tap] ?? 0) / sum) * (1 << precisionBits));
    }
    usedFrom = Math.min(usedFrom, first);
    usedTo = Math.max(usedTo, end);
  }
  return { entries, strideInts, sourceFirst: usedFrom, sourceCount: Math.max(0, usedTo - usedFrom) };
}

/** The table of a sample's columns (horizontal pass). */
export function horizontalTable({ crop, resize, window }: SampleParameters): AxisTable {
  return axisTable(crop.widthPx, resize.widthPx, window.leftPx, window.widthPx);
}

/** The table of a sample's rows (vertical pass). */
export function verticalTable({ crop, resize, window }: SampleParameters): AxisTable {
  return axisTable(crop.heightPx, resize.heightPx, window.topPx, window.heightPx);
}

/**
 * Applies the parameters on the CPU: crop, resize, window, flip.
 * @returns RGB bytes, [window.heightPx, window.widthPx, 3]
 * @throws RangeError when the parameters do not fit the image
 */
export function resizeReference(image: PixelImage, parameters: SampleParameters): Uint8Array {
  requireApplicable(image, parameters);
  const { crop, window, flipHorizontally } = parameters;
  const columns = horizontalTable(parameters);
  const rows = verticalTable(parameters);
  const { widthPx, heightPx } = window;

  const between = new Uint8Array(rows.sourceCount * widthPx * 3);
  for (let row = 0; row < rows.sourceCount; row++) {
    const rowStart = ((crop.topPx + rows.sourceFirst + row) * image.widthPx + crop.leftPx) * 4;
    for (let x = 0; x < widthPx; x++) {
      const first = columns.entries[x * columns.strideInts] ?? 0;
      for (let channel = 0; channel < 3; channel++) {
        between[(row * widthPx + x) * 3 + channel] = weightedByte(
          columns,
          x,
          image.rgba,
          rowStart + first * 4 + channel,
          4,
        );
      }
    }
  }

  const output = new Uint8Array(heightPx * widthPx * 3);
  for (let y = 0; y < heightPx; y++) {
    const first = (rows.entries[y * rows.strideInts] ?? 0) - rows.sourceFirst;
    for (let x = 0; x < widthPx; x++) {
      const outX = flipHorizontally ? widthPx - 1 - x : x;
      for (let channel = 0; channel < 3; channel++) {
        output[(y * widthPx + outX) * 3 + channel] = weightedByte(
          rows,
          y,
          between,
          (first * widthPx + x) * 3 + channel,
          widthPx * 3,
        );
      }
    }
  }
  return output;
}

/** One output byte: bytes at start, start + step, … by the coefficients of the table's output pixel. */
function weightedByte(
  table: AxisTable,
  outIndex: number,
  bytes: Uint8Array,
  start: number,
  step: number,
): number {
  const at = outIndex * table.strideInts;
  const taps = table.entries[at + 1] ?? 0;
  let sum = halfOfFixedPointOne;
  for (let tap = 0; tap < taps; tap++) {
    sum += (table.entries[at + 2 + tap] ?? 0) * (bytes[start + tap * step] ?? 0);
  }
  return Math.min(255, Math.max(0, sum >> precisionBits));
}
