/**
 * The graph in plain tfjs operations: what a tfjs user would write. Gradients come from tfjs's tape.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormNode, ConvolutionNode, Graph, StageName } from '../engine/graph.ts';

/** torch.nn.BatchNorm2d's default. */
export const batchNormEpsilon = 1e-5;

/** Mean and biased variance of one batch-norm layer's input, [channels] each. */
export interface BatchStatistics {
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  /** Values each channel's statistics are taken over: batch · height · width. */
  count: number;
}

export interface ForwardOptions {
  /** Whether this stage normalises by its batch (training) or by running statistics. */
  usesBatchStatistics(stage: StageName): boolean;
  /** Called for each batch-norm layer that used its batch's statistics. */
  onBatchStatistics?(name: string, statistics: BatchStatistics): void;
}

/**
 * Logits [batch, classes] of images [batch, size, size, 3].
 * @param tensor a tensor of the state dict by its name, in tfjs's layout
 */
export function forward(
  graph: Graph,
  images: tf.Tensor4D,
  tensor: (name: string) => tf.Tensor,
  options: ForwardOptions,
): tf.Tensor2D {
  const activations = new Map<string, tf.Tensor>([[graph.input, images]]);
  const read = (id: string): tf.Tensor => {
    const activation = activations.get(id);
    if (activation === undefined) throw new Error(`The graph reads "${id}" before it is computed.`);
    return activation;
  };
  for (const node of graph.nodes) {
    activations.set(node.output, compute(node));
  }
  return read(graph.output) as tf.Tensor2D;

  function compute(node: Graph['nodes'][number]): tf.Tensor {
    switch (node.kind) {
      case 'convolution':
        return convolution(node, read(node.input) as tf.Tensor4D);
      case 'batchNorm':
        return batchNorm(node, read(node.input) as tf.Tensor4D);
      case 'relu':
        return tf.relu(read(node.input));
      case 'maxPool':
        return tf.maxPool(read(node.input) as tf.Tensor4D, node.kernelPx, node.stridePx, node.paddingPx);
      case 'add':
        return tf.add(read(node.inputs[0]), read(node.inputs[1]));
      case 'globalAveragePool':
        return tf.mean(read(node.input), [1, 2]);
      case 'linear': {
        const weight = tensor(`${node.name}.weight`) as tf.Tensor2D;
        return tf.add(tf.matMul(read(node.input) as tf.Tensor2D, weight), tensor(`${node.name}.bias`));
      }
    }
  }

  function convolution(node: ConvolutionNode, input: tf.Tensor4D): tf.Tensor4D {
    return tf.conv2d(input, tensor(`${node.name}.weight`) as tf.Tensor4D, node.stridePx, node.paddingPx);
  }

  function batchNorm({ name, stage }: BatchNormNode, input: tf.Tensor4D): tf.Tensor4D {
    let mean = tensor(`${name}.running_mean`) as tf.Tensor1D;
    let variance = tensor(`${name}.running_var`) as tf.Tensor1D;
    if (options.usesBatchStatistics(stage)) {
      const moments = tf.moments(input, [0, 1, 2]);
      mean = moments.mean as tf.Tensor1D;
      variance = moments.variance as tf.Tensor1D;
      const [batch, height, width] = input.shape;
      options.onBatchStatistics?.(name, { mean, variance, count: batch * height * width });
    }
    return tf.batchNorm4d(
      input,
      mean,
      variance,
      tensor(`${name}.bias`) as tf.Tensor1D,
      tensor(`${name}.weight`) as tf.Tensor1D,
      batchNormEpsilon,
    );
  }
}
