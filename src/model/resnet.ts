/**
 * The ResNet family (v1.5) as one graph definition.
 *
 * Names, shapes and order are torchvision's (torchvision/models/resnet.py, 0.14.1): nodes come in the order
 * in which torchvision registers the modules, so the parameters of the nodes, one after the other, are its
 * state dict.
 */
import type { Graph, GraphNode, StageName } from '../engine/graph.ts';
import type { ModelName } from '../recipe/recipe.ts';

interface Architecture {
  block: 'basic' | 'bottleneck';
  blocksPerStage: readonly [number, number, number, number];
}

const architectures: Record<ModelName, Architecture> = {
  resnet18: { block: 'basic', blocksPerStage: [2, 2, 2, 2] },
  resnet34: { block: 'basic', blocksPerStage: [3, 4, 6, 3] },
  resnet50: { block: 'bottleneck', blocksPerStage: [3, 4, 6, 3] },
  resnet101: { block: 'bottleneck', blocksPerStage: [3, 4, 23, 3] },
  resnet152: { block: 'bottleneck', blocksPerStage: [3, 8, 36, 3] },
};

const stemChannels = 64;
const stagePlanes = [64, 128, 256, 512] as const;
const stageNames = ['layer1', 'layer2', 'layer3', 'layer4'] as const;

/**
 * The network from images [batch, size, size, 3] to logits [batch, classes].
 * @param classCount at least 1
 */
export function buildResNet(model: ModelName, classCount: number): Graph {
  if (!Number.isInteger(classCount) || classCount < 1) {
    throw new RangeError(`A classifier needs at least one class, not ${String(classCount)}.`);
  }
  const { block, blocksPerStage } = architectures[model];
  const builder = new GraphBuilder('images');

  builder.stage = 'stem';
  builder.convolution('conv1', 3, stemChannels, { kernelPx: 7, stridePx: 2 });
  builder.batchNorm('bn1', stemChannels);
  builder.relu('relu');
  builder.maxPool('maxpool');

  let channels = stemChannels;
  stageNames.forEach((stage, stageIndex) => {
    builder.stage = stage;
    const planes = stagePlanes[stageIndex] ?? 0;
    for (let i = 0; i < (blocksPerStage[stageIndex] ?? 0); i += 1) {
      const stridePx = stageIndex > 0 && i === 0 ? 2 : 1;
      channels = builder.residualBlock(`${stage}.${String(i)}`, block, channels, planes, stridePx);
    }
  });

  builder.stage = 'head';
  builder.globalAveragePool('avgpool');
  builder.linear('fc', channels, classCount);
  return { input: 'images', output: builder.current, nodes: builder.nodes };
}

/** Appends nodes; each reads the activation made last unless told otherwise. */
class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  stage: StageName = 'stem';

  constructor(public current: string) {}

  private append(node: GraphNode): void {
    this.nodes.push(node);
    this.current = node.output;
  }

  convolution(
    name: string,
    inChannels: number,
    outChannels: number,
    { kernelPx, stridePx }: { kernelPx: number; stridePx: number },
  ): void {
    this.append({
      kind: 'convolution',
      name,
      input: this.current,
      output: name,
      stage: this.stage,
      inChannels,
      outChannels,
      kernelPx,
      stridePx,
      paddingPx: (kernelPx - 1) / 2,
    });
  }

  batchNorm(name: string, channels: number): void {
    this.append({ kind: 'batchNorm', name, input: this.current, output: name, stage: this.stage, channels });
  }

  relu(output: string): void {
    this.append({ kind: 'relu', input: this.current, output, stage: this.stage });
  }

  maxPool(output: string): void {
    this.append({
      kind: 'maxPool',
      input: this.current,
      output,
      stage: this.stage,
      kernelPx: 3,
      stridePx: 2,
      paddingPx: 1,
    });
  }

  globalAveragePool(output: string): void {
    this.append({ kind: 'globalAveragePool', input: this.current, output, stage: this.stage });
  }

  linear(name: string, inFeatures: number, outFeatures: number): void {
    this.append({
      kind: 'linear',
      name,
      input: this.current,
      output: name,
      stage: this.stage,
      inFeatures,
      outFeatures,
    });
  }

  /** Two 3×3 convolutions, or 1×1, 3×3 (which carries the stride), 1×1. Returns the channels it puts out. */
  residualBlock(
    name: string,
    block: Architecture['block'],
    inChannels: number,
    planes: number,
    stridePx: number,
  ): number {
    const blockInput = this.current;
    const outChannels = block === 'basic' ? planes : planes * 4;
    const convolutions =
      block === 'basic'
        ? [
            { kernelPx: 3, stridePx, outChannels: planes },
            { kernelPx: 3, stridePx: 1, outChannels: planes },
          ]
        : [
            { kernelPx: 1, stridePx: 1, outChannels: planes },
            { kernelPx: 3, stridePx, outChannels: planes },
            { kernelPx: 1, stridePx: 1, outChannels },
          ];
    let channels = inChannels;
    convolutions.forEach((convolution, i) => {
      const position = String(i + 1);
      this.convolution(`${name}.conv${position}`, channels, convolution.outChannels, convolution);
      this.batchNorm(`${name}.bn${position}`, convolution.outChannels);
      if (i < convolutions.length - 1) this.relu(`${name}.relu${position}`);
      channels = convolution.outChannels;
    });
    const residual = this.current;
    let identity = blockInput;
    if (stridePx !== 1 || inChannels !== outChannels) {
      this.current = blockInput;
      this.convolution(`${name}.downsample.0`, inChannels, outChannels, { kernelPx: 1, stridePx });
      this.batchNorm(`${name}.downsample.1`, outChannels);
      identity = this.current;
    }
    this.append({ kind: 'add', inputs: [residual, identity], output: `${name}.add`, stage: this.stage });
    this.relu(name);
    return outChannels;
  }
}
