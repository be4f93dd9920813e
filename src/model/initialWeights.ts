/**
 * torchvision's initialisation: convolutions N(0, √(2 / fan_out)) (kaiming_normal_, mode fan_out), batch
 * norm γ = 1 and β = 0, the linear layer U(−1/√fan_in, 1/√fan_in) for weight and bias. The distributions
 * are torch's; the draws are Philox's, one stream a tensor.
 */
import type { NamedTensors } from '../engine/stepRunner.ts';
import type { Graph } from '../engine/graph.ts';
import { randomStream } from '../recipe/random.ts';
import { elementCount, stateDictOf, type TensorSpec } from './parameters.ts';

/** A fresh state dict; the same seed gives the same bits. */
export function initialWeights(graph: Graph, seed: number): NamedTensors {
  const specs = stateDictOf(graph);
  const headInputs = specs.find((spec) => spec.kind === 'linearWeight')?.shape[1] ?? 1;
  return new Map(specs.map((spec, index) => [spec.name, initialTensor(spec, index, seed, headInputs)]));
}

function initialTensor(spec: TensorSpec, index: number, seed: number, headInputs: number): Float32Array {
  const values = new Float32Array(elementCount(spec.shape));
  const stream = () => randomStream({ seed, epoch: 0, rank: 0, position: index, purpose: 'initialWeights' });
  switch (spec.kind) {
    case 'convolutionWeight': {
      const [outChannels = 0, , height = 0, width = 0] = spec.shape;
      const deviation = Math.sqrt(2 / (outChannels * height * width));
      const draw = stream();
      return values.map(() => deviation * draw.normal());
    }
    case 'linearWeight':
    case 'linearBias': {
      const bound = 1 / Math.sqrt(headInputs);
      const draw = stream();
      return values.map(() => draw.uniform(-bound, bound));
    }
    case 'normWeight':
    case 'runningVariance':
      return values.fill(1);
    case 'normBias':
    case 'runningMean':
    case 'batchCount':
      return values;
  }
}
