/** Weights between torch's layout (files, checkpoints) and tfjs's (on the GPU). */
import type { TensorSpec } from '../model/parameters.ts';

/** Shape of the tensor as tfjs operations want it: convolutions [height, width, in, out], linear [in, out]. */
export function tfjsShape(spec: TensorSpec): number[] {
  const [a = 1, b = 1, c = 1, d = 1] = spec.shape;
  if (spec.kind === 'convolutionWeight') return [c, d, b, a];
  if (spec.kind === 'linearWeight') return [b, a];
  return [...spec.shape];
}

/** torch's order of elements → tfjs's. */
export function toTfjsLayout(spec: TensorSpec, values: Float32Array): Float32Array {
  return reorder(spec, values, 'toTfjs');
}

/** tfjs's order of elements → torch's. */
export function toTorchLayout(spec: TensorSpec, values: Float32Array): Float32Array {
  return reorder(spec, values, 'toTorch');
}

/** Both matrices are [outer, inner] in torch and [inner, outer] in tfjs: OIHW is [O, I, H·W], HWIO [H·W, I, O]. */
function reorder(spec: TensorSpec, values: Float32Array, direction: 'toTfjs' | 'toTorch'): Float32Array {
  if (spec.kind !== 'convolutionWeight' && spec.kind !== 'linearWeight') return values.slice();
  const [out = 1, input = 1, height = 1, width = 1] = spec.shape;
  const area = height * width;
  const result = new Float32Array(values.length);
  for (let o = 0; o < out; o += 1) {
    for (let i = 0; i < input; i += 1) {
      for (let position = 0; position < area; position += 1) {
        const torchIndex = (o * input + i) * area + position;
        const tfjsIndex = (position * input + i) * out + o;
        if (direction === 'toTfjs') result[tfjsIndex] = values[torchIndex] ?? 0;
        else result[torchIndex] = values[tfjsIndex] ?? 0;
      }
    }
  }
  return result;
}
