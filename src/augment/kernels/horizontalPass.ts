/**
 * First pass of Pillow's resize, for all images of a batch at once: every uploaded row to the output's width.
 *
 * between[row, x] = clip8((2²¹ + Σ coefficient · source[row, first + tap]) >> 22), in 32-bit integers, which
 * the sum cannot leave (Pillow 9.4, ImagingResampleHorizontal_8bpc). z is the image; one invocation makes the same
 * column of several rows, which share their coefficients. Rows of `between` are filled up to whole vectors.
 */
import { pixelsOfThread, sharedDeclarations, unroll, workgroupEdge } from './imageRecord.ts';

/** Dispatch: [⌈width / 8⌉, ⌈most uploaded rows / 32⌉, images]. Bindings 3: source, 4: between. */
export const horizontalPassKernel = /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> source: array<u32>;
@group(0) @binding(4) var<storage, read_write> between: array<u32>;

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let image = records[id.z];
  let row = id.y * ${pixelsOfThread}u;
  if (id.x >= settings.widthPx || row >= image.uploadedRows) { return; }
  let entry = image.columnsStart + id.x * image.columnsStride;
  let taps = u32(tables[entry + 1u]);
  let lastRow = image.uploadedRows - 1u;
  // Without taps (outside the resized image) the first column means nothing, and is not read.
  let column = image.sourceStart + u32(tables[entry]) - image.uploadedColumn;
  ${unroll((i) => `let first${i} = column + min(row + ${i}u, lastRow) * image.sourceStridePx; var sum${i} = roundingHalf;`)}
  for (var tap = 0u; tap < taps; tap++) {
    let coefficient = tables[entry + 2u + tap];
    ${unroll((i) => `sum${i} += coefficient * colours(source[first${i} + tap]);`)}
  }
  let stride = betweenVectors() * 4u;
  let at = image.betweenStart + row * stride + id.x;
  ${unroll((i) => `if (row + ${i}u <= lastRow) { between[at + ${i}u * stride] = packed(clip8(sum${i})); }`)}
}
`;
