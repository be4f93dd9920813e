/**
 * A convolutional network as plain data: a list of nodes in execution order.
 *
 * Activations are [batch, height, width, channels]; weights are named and shaped as in torchvision
 * (convolutions [out, in, height, width]) and stored that way everywhere outside the GPU.
 */

/** Part of the network that is frozen or trained as a whole. */
export type StageName = 'stem' | 'layer1' | 'layer2' | 'layer3' | 'layer4' | 'head';

interface NodeBase {
  /** Id of the activation this node produces; unique in the graph. */
  output: string;
  stage: StageName;
}

export interface ConvolutionNode extends NodeBase {
  kind: 'convolution';
  /** Prefix of the parameter name: `${name}.weight`. */
  name: string;
  input: string;
  inChannels: number;
  outChannels: number;
  kernelPx: number;
  stridePx: number;
  paddingPx: number;
}

export interface BatchNormNode extends NodeBase {
  kind: 'batchNorm';
  /** Prefix of γ `weight`, β `bias`, `running_mean`, `running_var`, `num_batches_tracked`. */
  name: string;
  input: string;
  channels: number;
}

export interface ReluNode extends NodeBase {
  kind: 'relu';
  input: string;
}

export interface MaxPoolNode extends NodeBase {
  kind: 'maxPool';
  input: string;
  kernelPx: number;
  stridePx: number;
  paddingPx: number;
}

export interface AddNode extends NodeBase {
  kind: 'add';
  inputs: readonly [string, string];
}

export interface GlobalAveragePoolNode extends NodeBase {
  kind: 'globalAveragePool';
  input: string;
}

export interface LinearNode extends NodeBase {
  kind: 'linear';
  /** Prefix of `weight` [outFeatures, inFeatures] and `bias` [outFeatures]. */
  name: string;
  input: string;
  inFeatures: number;
  outFeatures: number;
}

export type GraphNode =
  ConvolutionNode | BatchNormNode | ReluNode | MaxPoolNode | AddNode | GlobalAveragePoolNode | LinearNode;

export interface Graph {
  /** Id of the input activation, [batch, size, size, 3]. */
  input: string;
  /** Id of the logits, [batch, classes]. */
  output: string;
  nodes: readonly GraphNode[];
}
