/**
 * What all passes know about a batch: its settings, and for each image where its parts lie in the shared buffers
 * and what happens to it. The WGSL struct and what the CPU writes come from the same list of fields.
 */
import { halfOfFixedPointOne } from '../pilResize.ts';

const recordFields = [
  /** First uploaded pixel in the source buffer, and pixels from row to row. */
  'sourceStart',
  'sourceStridePx',
  /** Column and row of the crop that the first uploaded pixel is. */
  'uploadedColumn',
  'uploadedRow',
  'uploadedRows',
  /** First pixel between the passes of the resize; its rows are as wide as the output. */
  'betweenStart',
  /** Where the axis tables begin, in integers, and integers an output pixel (see AxisTable). */
  'columnsStart',
  'columnsStride',
  'rowsStart',
  'rowsStride',
  'flip',
  /** Where the resized image begins: a float of the output, or a pixel of `pixels`. */
  'resizedStart',
  /** One of operationCodes, and one of statisticsCodes. */
  'operation',
  'statistics',
  /** Tables of the operation, in integers (see operationTables.ts). */
  'firstTable',
  'secondTable',
  /** First pixel of `pixels` after the operation; resizedStart where there is none. */
  'changedStart',
  /** Erased: columns from left to before right, rows from top to before bottom. */
  'eraseLeft',
  'eraseTop',
  'eraseRight',
  'eraseBottom',
  /** Record that it is mixed with; its own where nothing is mixed. */
  'partner',
  /** First float of the output, or noOutput for an image that is only somebody's partner. */
  'outputStart',
] as const;

/** Unsigned integers, the fields of one image. */
export type ImageRecord = Record<(typeof recordFields)[number], number>;

export const recordInts = recordFields.length;

export const noOutput = 0xffffffff;

export function writeRecord(target: Uint32Array, index: number, record: ImageRecord): void {
  const start = index * recordInts;
  for (const [field, name] of recordFields.entries()) target[start + field] = record[name];
}

/** How the operation pass makes its pixels. */
export const operationCodes = { none: 0, point: 1, colour: 2, sharpness: 3, affine: 4 } as const;

/** What the statistics pass makes the table of a point operation from. */
export const statisticsCodes = { none: 0, contrast: 1, autoContrast: 2, equalize: 3 } as const;

/** What is the same for all images of a batch. */
export interface BatchSettings {
  widthPx: number;
  heightPx: number;
  /** Mixup: float32 factors of the image and of its partner. */
  ownShare: number;
  partnerShare: number;
  /** CutMix: pasted from the partner, from left and top to before right and bottom. */
  pasteLeft: number;
  pasteTop: number;
  pasteRight: number;
  pasteBottom: number;
}

export const settingsBytes = 32;

export function settingsData(settings: BatchSettings): ArrayBuffer {
  const data = new DataView(new ArrayBuffer(settingsBytes));
  const { widthPx, heightPx, ownShare, partnerShare, pasteLeft, pasteTop, pasteRight, pasteBottom } =
    settings;
  data.setUint32(0, widthPx, true);
  data.setUint32(4, heightPx, true);
  data.setFloat32(8, ownShare, true);
  data.setFloat32(12, partnerShare, true);
  for (const [index, edge] of [pasteLeft, pasteTop, pasteRight, pasteBottom].entries()) {
    data.setUint32(16 + 4 * index, edge, true);
  }
  return data.buffer;
}

/** Passes over pixels work on squares of this many. */
export const workgroupEdge = 8;

/**
 * Bindings 0 to 2 and the helpers of every pass.
 * @param tablesAccess read_write only for the pass that completes the tables
 */
export function sharedDeclarations(tablesAccess: 'read' | 'read_write' = 'read'): string {
  return /* wgsl */ `
struct Settings {
  widthPx: u32, heightPx: u32,
  ownShare: f32, partnerShare: f32,
  pasteLeft: u32, pasteTop: u32, pasteRight: u32, pasteBottom: u32,
}

struct ImageRecord {
  ${recordFields.map((name) => `${name}: u32,`).join(' ')}
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> records: array<ImageRecord>;
@group(0) @binding(2) var<storage, ${tablesAccess}> tables: array<i32>;

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
}
