/**
 * Last pass of a batch: normalise, erase, mix. One invocation a pixel; z is the image.
 *
 * Normalised values come from a table, since a GPU's division need not round as a CPU's does; an erased pixel is 0
 * (torchvision 0.14.1, RandomErasing with value 0). blended is mixup: λ · image + (1 − λ) · partner. pasted is
 * CutMix: the partner's pixels inside the box; with an empty box nothing is mixed. Partners are normalised and
 * erased too, as the reference mixes whole batches after that.
 */
import { noOutput, sharedDeclarations, workgroupEdge } from './imageRecord.ts';

export type FinishKind = 'pasted' | 'blended';

const bodies = {
  pasted: /* wgsl */ `
  let isPasted = id.x >= settings.pasteLeft && id.x < settings.pasteRight
    && id.y >= settings.pasteTop && id.y < settings.pasteBottom;
  let values = seen(select(id.z, image.partner, isPasted), id.xy);`,
  blended: /* wgsl */ `
  let values = settings.ownShare * seen(id.z, id.xy) + settings.partnerShare * seen(image.partner, id.xy);`,
} as const satisfies Record<FinishKind, string>;

/**
 * Dispatch: [⌈width / 8⌉, ⌈height / 8⌉, images]. Bindings 3: pixels, 4: output, 5: the table of normaliseTable.
 */
export function finishPassKernel(kind: FinishKind): string {
  return /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> pixels: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read> normalised: array<f32>;

fn seen(index: u32, at: vec2u) -> vec3f {
  let image = records[index];
  if (at.x >= image.eraseLeft && at.x < image.eraseRight && at.y >= image.eraseTop && at.y < image.eraseBottom) {
    return vec3f(0.0);
  }
  let colour = vec3u(colours(pixels[image.changedStart + at.y * settings.widthPx + at.x]));
  return vec3f(normalised[colour.x], normalised[256u + colour.y], normalised[512u + colour.z]);
}

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let image = records[id.z];
  if (image.outputStart == ${noOutput}u || id.x >= settings.widthPx || id.y >= settings.heightPx) { return; }
${bodies[kind]}
  let outputAt = image.outputStart + (id.y * settings.widthPx + id.x) * 3u;
  output[outputAt] = values.x;
  output[outputAt + 1u] = values.y;
  output[outputAt + 2u] = values.z;
}
`;
}
