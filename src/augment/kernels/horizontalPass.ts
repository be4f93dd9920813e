/**
 * First pass of Pillow's resize, for all images of a batch at once: every uploaded row to the output's width.
 *
 * between[row, x] = clip8((2²¹ + Σ coefficient · source[row, first + tap]) >> 22), in 32-bit integers, which
 * the sum cannot leave (Pillow 9.4, ImagingResampleHorizontal_8bpc). One invocation a pixel; z is the image.
 */
import { sharedDeclarations, workgroupEdge } from './imageRecord.ts';

/** Dispatch: [⌈width / 8⌉, ⌈most uploaded rows / 8⌉, images]. Bindings 3: source, 4: between. */
export const horizontalPassKernel = /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> source: array<u32>;
@group(0) @binding(4) var<storage, read_write> between: array<u32>;

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let image = records[id.z];
  if (id.x >= settings.widthPx || id.y >= image.uploadedRows) { return; }
  let entry = image.columnsStart + id.x * image.columnsStride;
  let taps = u32(tables[entry + 1u]);
  // Without taps (outside the resized image) the first column means nothing, and is not read.
  let first = image.sourceStart + id.y * image.sourceStridePx + u32(tables[entry]) - image.uploadedColumn;
  var sum = roundingHalf;
  for (var tap = 0u; tap < taps; tap++) {
    sum += tables[entry + 2u + tap] * colours(source[first + tap]);
  }
  between[image.betweenStart + id.y * settings.widthPx + id.x] = packed(clip8(sum));
}
`;
