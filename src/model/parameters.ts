/** The tensors of a graph by torchvision's names: parameters and batch-norm buffers, in state-dict order. */
import type { Graph, StageName } from '../engine/graph.ts';

export type TensorKind =
  | 'convolutionWeight'
  | 'linearWeight'
  | 'linearBias'
  | 'normWeight'
  | 'normBias'
  | 'runningMean'
  | 'runningVariance'
  /** Counts training steps; an int64 scalar in torch. */
  | 'batchCount';

export interface TensorSpec {
  name: string;
  kind: TensorKind;
  /** As in torch: convolution weights [out, in, height, width], linear [out, in]; [] for the batch count. */
  shape: readonly number[];
  stage: StageName;
}

/** Every tensor of the model's state dict, in torchvision's order. */
export function stateDictOf(graph: Graph): TensorSpec[] {
  return graph.nodes.flatMap((node): TensorSpec[] => {
    switch (node.kind) {
      case 'convolution':
        return [
          {
            name: `${node.name}.weight`,
            kind: 'convolutionWeight',
            shape: [node.outChannels, node.inChannels, node.kernelPx, node.kernelPx],
            stage: node.stage,
          },
        ];
      case 'batchNorm': {
        const { name, stage } = node;
        const shape = [node.channels];
        return [
          { name: `${name}.weight`, kind: 'normWeight', shape, stage },
          { name: `${name}.bias`, kind: 'normBias', shape, stage },
          { name: `${name}.running_mean`, kind: 'runningMean', shape, stage },
          { name: `${name}.running_var`, kind: 'runningVariance', shape, stage },
          { name: `${name}.num_batches_tracked`, kind: 'batchCount', shape: [], stage },
        ];
      }
      case 'linear':
        return [
          {
            name: `${node.name}.weight`,
            kind: 'linearWeight',
            shape: [node.outFeatures, node.inFeatures],
            stage: node.stage,
          },
          { name: `${node.name}.bias`, kind: 'linearBias', shape: [node.outFeatures], stage: node.stage },
        ];
      case 'relu':
      case 'maxPool':
      case 'add':
      case 'globalAveragePool':
        return [];
    }
  });
}

/** Whether the optimizer changes it; the others are batch norm's buffers. */
export function isTrainable(kind: TensorKind): boolean {
  return kind !== 'runningMean' && kind !== 'runningVariance' && kind !== 'batchCount';
}

/** Whether it belongs to the weight-decay group "norm" (γ and β of batch norm). */
export function isNorm(kind: TensorKind): boolean {
  return kind === 'normWeight' || kind === 'normBias';
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Trainable parameters of the model, as the papers count them (without batch norm's buffers). */
export function parameterCount(graph: Graph): number {
  return stateDictOf(graph)
    .filter((tensor) => isTrainable(tensor.kind))
    .reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
}
