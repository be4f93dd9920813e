/**
 * Last pass of a batch: normalise, erase, mix. z is the image; one invocation
 * makes a few pixels of a column.
 *
 * Normalised values come from a table, since a GPU's division need not round as a CPU's does; an erased pixel is 0
 * (torchvision 0.14.1, RandomErasing with value 0). blended is mixup: λ · image + (1 − λ) · partner. pasted is
 * CutMix: the partner's pixels inside the box; with an empty box nothing is mixed. Partners are normalised and
 * erased too, as the reference mixes whole batches after that.
 */
import { noOutput, pixelsOfThread, sharedDeclarations, workgroupEdge } from './imageRecord.ts';

export type FinishKind = 'pasted' | 'blended';

const bodies = {
  pasted: /* wgsl */ `
    let isPasted = id.x >= settings.pasteLeft && id.x < settings.pasteRight
      && y >= settings.pasteTop && y < settings.pasteBottom;
    var source = own;
    if (isPasted) { source = partner; }
    let values = seen(source, id.x, y);`,
  blended: /* wgsl */ `
    let values = settings.ownShare * seen(own, id.x, y) + settings.partnerShare * seen(partner, id.x, y);`,
} as const satisfies Record<FinishKind, string>;

/**
 * Dispatch: [⌈width / 8⌉, ⌈height / 32⌉, images]. Bindings 3: pixels, 4: output, 5: the table of normaliseTable.
 */
export function finishPassKernel(kind: FinishKind): string {
  return /* wgsl */ `
${sharedDeclarations()}
@group(0) @binding(3) var<storage, read> pixels: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read> normalised: array<f32>;

struct Seen { start: u32, eraseLeft: u32, eraseTop: u32, eraseRight: u32, eraseBottom: u32 }

fn recordOf(index: u32) -> Seen {
  let image = records[index];
  return Seen(image.changedStart, image.eraseLeft, image.eraseTop, image.eraseRight, image.eraseBottom);
}

fn seen(image: Seen, x: u32, y: u32) -> vec3f {
  if (x >= image.eraseLeft && x < image.eraseRight && y >= image.eraseTop && y < image.eraseBottom) {
    return vec3f(0.0);
  }
  let colour = vec3u(colours(pixels[image.start + y * settings.widthPx + x]));
  return vec3f(normalised[colour.x], normalised[256u + colour.y], normalised[512u + colour.z]);
}

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let outputStart = records[id.z].outputStart;
  if (outputStart == ${noOutput}u || id.x >= settings.widthPx) { return; }
  let own = recordOf(id.z);
  let partner = recordOf(records[id.z].partner);
  let end = min((id.y + 1u) * ${pixelsOfThread}u, settings.heightPx);
  for (var y = id.y * ${pixelsOfThread}u; y < end; y++) {
${bodies[kind]}
    let at = outputStart + (y * settings.widthPx + id.x) * 3u;
    output[at] = values.x;
    output[at + 1u] = values.y;
    output[at + 2u] = values.z;
  }
}
`;
}
