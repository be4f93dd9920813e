/** What a graph costs at an image size, from its shapes alone. */
import type { Graph, GraphNode } from './graph.ts';

export interface ActivationShape {
  heightPx: number;
  channels: number;
}

/**
 * Side and channels of every activation of square images; after the global pool the side is 1.
 * @throws RangeError when the images are too small for the network
 */
export function activationShapes(graph: Graph, sizePx: number): Map<string, ActivationShape> {
  const shapes = new Map<string, ActivationShape>([[graph.input, { heightPx: sizePx, channels: 3 }]]);
  for (const node of graph.nodes) {
    const input = shapes.get(node.kind === 'add' ? node.inputs[0] : node.input);
    if (input === undefined)
      throw new Error(`The graph uses an activation before "${node.output}" makes it.`);
    shapes.set(node.output, outputShape(node, input));
  }
  return shapes;
}

function outputShape(node: GraphNode, input: ActivationShape): ActivationShape {
  switch (node.kind) {
    case 'convolution':
      return { heightPx: slidingWindowCount(node, input), channels: node.outChannels };
    case 'maxPool':
      return { heightPx: slidingWindowCount(node, input), channels: input.channels };
    case 'batchNorm':
    case 'relu':
    case 'add':
      return input;
    case 'globalAveragePool':
      return { heightPx: 1, channels: input.channels };
    case 'linear':
      return { heightPx: 1, channels: node.outFeatures };
  }
}

function slidingWindowCount(
  { kernelPx, stridePx, paddingPx }: { kernelPx: number; stridePx: number; paddingPx: number },
  { heightPx }: ActivationShape,
): number {
  const count = Math.floor((heightPx + 2 * paddingPx - kernelPx) / stridePx) + 1;
  if (count < 1)
    throw new RangeError(`Images are too small for this network: a layer gets ${String(heightPx)} px.`);
  return count;
}

/** Multiply-accumulates of convolutions and linear layers for one image, forward. FLOPs are twice this. */
export function forwardMacs(graph: Graph, sizePx: number): number {
  const shapes = activationShapes(graph, sizePx);
  let macs = 0;
  for (const node of graph.nodes) {
    if (node.kind === 'linear') macs += node.inFeatures * node.outFeatures;
    if (node.kind !== 'convolution') continue;
    const side = shapes.get(node.output)?.heightPx ?? 0;
    macs += side * side * node.outChannels * node.inChannels * node.kernelPx ** 2;
  }
  return macs;
}

export interface ActivationCost {
  /** f32 values of every activation of one image, the input included. */
  totalElements: number;
  /** The largest activation of one image. */
  largestElements: number;
  /** Side of the last map before the global pool. */
  finalMapPx: number;
}

/** Sizes of the activations of one image. */
export function activationCost(graph: Graph, sizePx: number): ActivationCost {
  const shapes = activationShapes(graph, sizePx);
  const elements = [...shapes.values()].map(({ heightPx, channels }) => heightPx * heightPx * channels);
  const pool = graph.nodes.find((node) => node.kind === 'globalAveragePool');
  return {
    totalElements: elements.reduce((sum, count) => sum + count, 0),
    largestElements: Math.max(...elements),
    finalMapPx: (pool === undefined ? undefined : shapes.get(pool.input)?.heightPx) ?? 1,
  };
}
