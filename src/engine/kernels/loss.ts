/** Cross-entropy with soft targets and label smoothing, its gradient, and the count of correct images. */
import {
  constantsBlock,
  declareBuffers,
  floatBits,
  paddedChannels,
  stepBlock,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from './kernel.ts';

const threads = 64;

/** f32 values that softmaxCrossEntropy leaves for each image: its loss, and 1 where it is correct. */
export const metricsPerImage = 2;

/**
 * As torch.nn.CrossEntropyLoss with class probabilities: t′ = (1 − s)·t + s/classes,
 * loss = −Σ t′·log softmax, d logits = (softmax·Σt′ − t′) · lossWeight. An image is correct where the first
 * largest logit is at the first largest target.
 *
 * Buffers (f32): logits and targets [batch, paddedChannels(classes)], gradient likewise (zero in the padding),
 * metrics [batch, 2]; then the step's parameters.
 */
export function softmaxCrossEntropy(batch: number, classes: number, smoothing: number): KernelCall {
  return {
    kernel: 'softmaxCrossEntropy',
    code: `${constantsBlock(['classes', 'stride', 'smoothing', 'halfThreads'])}${declareBuffers({ logits: 'f32', targets: 'f32', gradient: 'f32', metrics: 'f32' })}${stepBlock(5)}
var<workgroup> shared_: array<vec4f, ${threads}>;
/** Larger value; of equal ones the smaller index. */
fn better(a: vec2f, b: vec2f) -> vec2f {
  return select(a, b, b.x > a.x || (b.x == a.x && b.y < a.y));
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = group.x * constants.stride;
  let smoothing = bitcast<f32>(constants.smoothing);
  let uniform_ = smoothing / f32(constants.classes);
  var bestLogit = vec2f(-3.4028234e38, 3.4028234e38);
  var bestTarget = bestLogit;
  for (var c = local; c < constants.classes; c += ${threads}u) {
    bestLogit = better(bestLogit, vec2f(logits[first + c], f32(c)));
    bestTarget = better(bestTarget, vec2f(targets[first + c], f32(c)));
  }
  shared_[local] = vec4f(bestLogit, bestTarget);
  for (var half = constants.halfThreads; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      let other = shared_[local + half];
      shared_[local] = vec4f(better(shared_[local].xy, other.xy), better(shared_[local].zw, other.zw));
    }
  }
  workgroupBarrier();
  let best = shared_[0];
  workgroupBarrier();
  // Σexp, Σt′·(logit − largest) and Σt′ together.
  var sums = vec3f();
  for (var c = local; c < constants.classes; c += ${threads}u) {
    let centred = logits[first + c] - best.x;
    let target_ = fma(targets[first + c], 1.0 - smoothing, uniform_);
    sums += vec3f(exp(centred), target_ * centred, target_);
  }
  shared_[local] = vec4f(sums, 0.0);
  for (var half = constants.halfThreads; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { shared_[local] += shared_[local + half]; }
  }
  workgroupBarrier();
  let total = shared_[0];
  for (var c = local; c < constants.stride; c += ${threads}u) {
    let target_ = fma(targets[first + c], 1.0 - smoothing, uniform_);
    let share = exp(logits[first + c] - best.x) / total.x;
    gradient[first + c] = select(0.0, (share * total.z - target_) * step.lossWeight, c < constants.classes);
  }
  if (local == 0u) {
    // Where a logit is NaN or infinite, so is the sum, or it is NaN: then nothing is right.
    metrics[group.x * ${metricsPerImage}u] = log(total.x) * total.z - total.y;
    metrics[group.x * ${metricsPerImage}u + 1u] = select(0.0, 1.0, best.y == best.w && (bitcast<u32>(total.x) & 0x7fffffffu) < 0x7f800000u);
  }
}
`,
    constants: [classes, paddedChannels(classes), floatBits(smoothing), threads / 2],
    workgroups: [batch, 1, 1],
    flops: batch * classes * 12,
  };
}

/** Gradient of a bias: the sum over the rows. Buffers: gradient [rows, channels], dbias; then the step's parameters. */
export function biasGradient(rows: number, channels: number): KernelCall {
  const vectors = channels / vectorWidth;
  return {
    kernel: 'biasGradient',
    code: `${constantsBlock(['rows', 'channels', 'unused0', 'unused1'])}${storageBuffers(['gradient', 'dbias'])}${stepBlock(3)}
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  if (column >= constants.channels) { return; }
  var sum = select(vec4f(), dbias[column], step.accumulate > 0.0);
  for (var row = 0u; row < constants.rows; row += 1u) { sum += gradient[row * constants.channels + column]; }
  dbias[column] = sum;
}
`,
    constants: [rows, vectors, 0, 0],
    workgroups: [Math.ceil(vectors / threads), 1, 1],
    flops: rows * channels,
  };
}
