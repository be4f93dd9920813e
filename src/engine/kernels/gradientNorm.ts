/**
 * The norm of the whole gradient, and what each gradient is to be multiplied by so that it stays below a limit.
 *
 * As torch.nn.utils.clip_grad_norm_: factor = min(1, limit / (√Σg² + 1e-6)). The sum has two levels with a fixed
 * order: a fixed number of workgroups leaves a partial each, and one workgroup adds these. So the same gradient
 * gives the same bits, on every device the same number of partials.
 */
import { constantsBlock, floatBits, storageBuffers, vectorWidth, type KernelCall } from './kernel.ts';

const threads = 256;

/** Workgroups, so partials, for one range of the gradient. */
export const squaresPartials = 256;

/** f32 elements of what gradientNorm leaves. */
export const gradientNormElements = 4;

const sumOfWorkgroup = `sums[local] = sum;
  for (var half = ${String(threads / 2)}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { sums[local] += sums[local + half]; }
  }
`;

/**
 * Sums of squares.
 *
 * Buffers: gradient [elements], partials [ranges · squaresPartials · 4] (one vector each).
 * @param elements a multiple of 4
 * @param range which of the gradient's ranges this is: its partials follow those of the earlier ones
 */
export function gradientSquares(elements: number, range: number): KernelCall {
  return {
    kernel: 'gradientSquares',
    code: `${constantsBlock(['vectors', 'firstPartial', 'unused0', 'unused1'])}${storageBuffers(['gradients', 'partials'])}
var<workgroup> sums: array<vec4f, ${threads}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sum = vec4f();
  for (var index = group.x * ${threads}u + local; index < constants.vectors; index += ${squaresPartials * threads}u) {
    let gradient = gradients[index];
    sum = fma(gradient, gradient, sum);
  }
  ${sumOfWorkgroup}
  if (local == 0u) { partials[constants.firstPartial + group.x] = sums[0]; }
}
`,
    constants: [elements / vectorWidth, range * squaresPartials, 0, 0],
    workgroups: [squaresPartials, 1, 1],
    flops: elements * 3,
  };
}

/**
 * result[0] = (factor, norm, 0, 0): what the gradients are to be multiplied by, and the norm before that.
 *
 * Buffers: partials, result [4].
 * @param ranges how many ranges of the gradient left partials
 * @param limit largest norm, over 0
 */
export function gradientNorm(ranges: number, limit: number): KernelCall {
  const count = ranges * squaresPartials;
  return {
    kernel: 'gradientNorm',
    code: `${constantsBlock(['partials', 'limit', 'unused0', 'unused1'])}${storageBuffers(['partials', 'result'])}
var<workgroup> sums: array<vec4f, ${threads}>;
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec4f();
  for (var index = local; index < constants.partials; index += ${threads}u) { sum += partials[index]; }
  ${sumOfWorkgroup}
  if (local == 0u) {
    let squares = (sums[0].x + sums[0].y) + (sums[0].z + sums[0].w);
    let norm = sqrt(squares);
    let factor = bitcast<f32>(constants.limit) / (norm + 1e-6);
    // Not min(), which may take 1 of 1 and NaN: over 1 by its bits, up to infinity.
    let bits = bitcast<u32>(factor);
    result[0] = vec4f(select(factor, 1.0, bits > 0x3f800000u && bits <= 0x7f800000u), norm, 0.0, 0.0);
  }
}
`,
    constants: [count, floatBits(limit), 0, 0],
    workgroups: [1, 1, 1],
    flops: count * vectorWidth,
  };
}
