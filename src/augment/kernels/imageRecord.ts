/**
 * What both passes of the resize know about a batch: sizes, and for each image where its parts lie in the
 * shared buffers. The WGSL declarations and the order in which the CPU writes the fields stand side by side.
 */
import { halfOfFixedPointOne } from '../pilResize.ts';

/** Fields in the order of the WGSL struct below. */
export interface ImageRecord {
  /** First uploaded pixel in the source buffer, and pixels from row to row. */
  sourceStart: number;
  sourceStridePx: number;
  /** Column and row of the crop that the first uploaded pixel is. */
  uploadedColumn: number;
  uploadedRow: number;
  uploadedRows: number;
  /** First pixel between the passes; its rows are outputPx wide. */
  betweenStart: number;
  /** Where the axis tables begin, in integers, and integers an output pixel (see AxisTable). */
  columnsStart: number;
  columnsStride: number;
  rowsStart: number;
  rowsStride: number;
  flip: number;
  /** First element of the output: a float, or a packed pixel. */
  outputStart: number;
}

export const recordInts = 12;

export function writeRecord(target: Uint32Array, index: number, record: ImageRecord): void {
  let at = index * recordInts;
  target[at++] = record.sourceStart;
  target[at++] = record.sourceStridePx;
  target[at++] = record.uploadedColumn;
  target[at++] = record.uploadedRow;
  target[at++] = record.uploadedRows;
  target[at++] = record.betweenStart;
  target[at++] = record.columnsStart;
  target[at++] = record.columnsStride;
  target[at++] = record.rowsStart;
  target[at++] = record.rowsStride;
  target[at++] = record.flip;
  target[at] = record.outputStart;
}

/** Both kernels work on squares of this many pixels. */
export const workgroupEdge = 8;

export const sharedDeclarations = /* wgsl */ `
struct Sizes { outputPx: u32 }

struct ImageRecord {
  sourceStart: u32, sourceStridePx: u32,
  uploadedColumn: u32, uploadedRow: u32, uploadedRows: u32,
  betweenStart: u32,
  columnsStart: u32, columnsStride: u32, rowsStart: u32, rowsStride: u32,
  flip: u32, outputStart: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> records: array<ImageRecord>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;

// Red, green and blue of a packed pixel; what is in the alpha byte is dropped here.
fn colours(pixel: u32) -> vec3i {
  return vec3i((vec3u(pixel) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
}

// Sums start with half of what the shift drops, so that it rounds.
const roundingHalf = vec3i(${halfOfFixedPointOne});

fn clip8(sum: vec3i) -> vec3u {
  return vec3u(clamp(sum >> vec3u(22u), vec3i(0), vec3i(255)));
}

fn packed(colour: vec3u) -> u32 {
  return colour.x | (colour.y << 8u) | (colour.z << 16u) | (255u << 24u);
}
`;
