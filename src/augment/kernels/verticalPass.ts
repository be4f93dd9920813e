/**
 * Second pass of Pillow's resize, and the flip, for all images of a batch at once.
 *
 * byte[y, x] = clip8((2²¹ + Σ coefficient · between[first + tap, x]) >> 22) (Pillow 9.4,
 * ImagingResampleVertical_8bpc). z is the image; one invocation makes a
 * vector of neighbours of one row. Where nothing else happens to a batch,
 * its normalised values are written here: from a table, since a GPU's division need not round as a CPU's does.
 */
import { pixelsOfThread, sharedDeclarations, unroll, workgroupEdge } from './imageRecord.ts';

export type ResizedKind =
  /** float32 [batch, height, width, 3] */
  | 'normalised'
  /** RGBA bytes [batch, height, width, 4], opaque */
  | 'bytes';

const results = {
  normalised: {
    declarations: /* wgsl */ `
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read> normalised: array<f32>;

fn store(image: u32, pixel: u32, colour: vec3u) {
  let at = image + pixel * 3u;
  output[at] = normalised[colour.x];
  output[at + 1u] = normalised[256u + colour.y];
  output[at + 2u] = normalised[512u + colour.z];
}`,
  },
  bytes: {
    declarations: /* wgsl */ `
@group(0) @binding(4) var<storage, read_write> pixels: array<u32>;

fn store(image: u32, pixel: u32, colour: vec3u) {
  pixels[image + pixel] = packed(colour);
}`,
  },
} as const satisfies Record<ResizedKind, { declarations: string }>;

/**
 * Dispatch: [⌈width / 32⌉, ⌈height / 8⌉, images]. Bindings 3: between, 4: output or pixels, and for normalised
 * output 5: the table of normaliseTable.
 */
export function verticalPassKernel(kind: ResizedKind): string {
  return /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> between: array<vec4u>;
${results[kind].declarations}

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x * ${pixelsOfThread}u;
  if (column >= settings.widthPx || id.y >= settings.heightPx) { return; }
  let image = records[id.z];
  let entry = image.rowsStart + id.y * image.rowsStride;
  let taps = u32(tables[entry + 1u]);
  let stride = betweenVectors();
  // Without taps (outside the resized image) the first row means nothing, and is not read.
  var betweenAt = image.betweenStart / 4u + (u32(tables[entry]) - image.uploadedRow) * stride + id.x;
  ${unroll((i) => `var sum${i} = roundingHalf;`)}
  for (var tap = 0u; tap < taps; tap++) {
    let coefficient = tables[entry + 2u + tap];
    let four = between[betweenAt];
    ${unroll((i) => `sum${i} += coefficient * colours(four[${i}]);`)}
    betweenAt += stride;
  }
  let rowStart = id.y * settings.widthPx;
  let last = settings.widthPx - 1u;
  ${unroll(
    (i) => `if (column + ${i}u <= last) {
    store(image.resizedStart, rowStart + select(column + ${i}u, last - column - ${i}u, image.flip == 1u), clip8(sum${i}));
  }`,
  )}
}
`;
}
