/**
 * Second pass of Pillow's resize, and the flip, for all images of a batch at once.
 *
 * byte[y, x] = clip8((2²¹ + Σ coefficient · between[first + tap, x]) >> 22) (Pillow 9.4,
 * ImagingResampleVertical_8bpc). One invocation a pixel; z is the image. Where nothing else happens to a batch,
 * its normalised values are written here: from a table, since a GPU's division need not round as a CPU's does.
 */
import { sharedDeclarations, workgroupEdge } from './imageRecord.ts';

export type ResizedKind =
  /** float32 [batch, height, width, 3] */
  | 'normalised'
  /** RGBA bytes [batch, height, width, 4], opaque */
  | 'bytes';

const results = {
  normalised: {
    declarations: /* wgsl */ `
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read> normalised: array<f32>;`,
    store: /* wgsl */ `
  let outputAt = image.resizedStart + pixel * 3u;
  output[outputAt] = normalised[colour.x];
  output[outputAt + 1u] = normalised[256u + colour.y];
  output[outputAt + 2u] = normalised[512u + colour.z];`,
  },
  bytes: {
    declarations: /* wgsl */ `
@group(0) @binding(4) var<storage, read_write> pixels: array<u32>;`,
    store: /* wgsl */ `
  pixels[image.resizedStart + pixel] = packed(colour);`,
  },
} as const satisfies Record<ResizedKind, { declarations: string; store: string }>;

/**
 * Dispatch: [⌈width / 8⌉, ⌈height / 8⌉, images]. Bindings 3: between, 4: output or pixels, and for normalised
 * output 5: the table of normaliseTable.
 */
export function verticalPassKernel(kind: ResizedKind): string {
  return /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> between: array<u32>;
${results[kind].declarations}

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= settings.widthPx || id.y >= settings.heightPx) { return; }
  let image = records[id.z];
  let entry = image.rowsStart + id.y * image.rowsStride;
  let taps = u32(tables[entry + 1u]);
  // Without taps (outside the resized image) the first row means nothing, and is not read.
  var betweenAt = image.betweenStart + (u32(tables[entry]) - image.uploadedRow) * settings.widthPx + id.x;
  var sum = roundingHalf;
  for (var tap = 0u; tap < taps; tap++) {
    sum += tables[entry + 2u + tap] * colours(between[betweenAt]);
    betweenAt += settings.widthPx;
  }
  let colour = clip8(sum);
  let x = select(id.x, settings.widthPx - 1u - id.x, image.flip == 1u);
  let pixel = id.y * settings.widthPx + x;
${results[kind].store}
}
`;
}
