/**
 * Fusion, the first pass: the graph's nodes gathered into units that the engine computes together.
 *
 * A convolution takes the batch norm behind it along (its statistics come out of the same kernel), and batch
 * norm, residual add and ReLU become one activation. What does not follow this pattern is refused by name.
 */
import type { ConvolutionNode, Graph, GraphNode, LinearNode, MaxPoolNode, StageName } from '../graph.ts';

export interface ConvolutionUnit {
  kind: 'convolution';
  node: ConvolutionNode;
  /** Prefix of the batch norm's parameters. */
  norm: string;
  stage: StageName;
  input: string;
}

/** relu(Σ batchNorm(convolution) + identity). */
export interface ActivationUnit {
  kind: 'activation';
  output: string;
  /** Names of the convolutions whose batch norms are added. */
  convolutions: readonly string[];
  /** An earlier activation that is added as it is. */
  identity: string | null;
}

export interface MaxPoolUnit {
  kind: 'maxPool';
  node: MaxPoolNode;
  input: string;
  output: string;
}

export interface AveragePoolUnit {
  kind: 'averagePool';
  input: string;
  output: string;
}

export interface LinearUnit {
  kind: 'linear';
  node: LinearNode;
  stage: StageName;
  input: string;
  output: string;
}

export type Unit = ConvolutionUnit | ActivationUnit | MaxPoolUnit | AveragePoolUnit | LinearUnit;

/** The graph has a shape the engine has no kernels for. */
export class UnsupportedGraphError extends Error {
  override readonly name = 'UnsupportedGraphError';
}

/** Units in an order in which each finds its inputs computed. */
export function fuse(graph: Graph): Unit[] {
  const producers = new Map(graph.nodes.map((node) => [node.output, node]));
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of node.kind === 'add' ? node.inputs : [node.input]) {
      consumers.set(input, [...(consumers.get(input) ?? []), node]);
    }
  }
  const onlyConsumer = (node: GraphNode): GraphNode | undefined => {
    const found = consumers.get(node.output) ?? [];
    return found.length === 1 ? found[0] : undefined;
  };

  return graph.nodes.flatMap((node): Unit[] => {
    switch (node.kind) {
      case 'convolution': {
        const norm = onlyConsumer(node);
        if (norm?.kind !== 'batchNorm') refuse(node, 'a convolution must feed exactly one batch norm');
        return [{ kind: 'convolution', node, norm: norm.name, stage: node.stage, input: node.input }];
      }
      case 'relu':
        return [activation(node.output, producers.get(node.input))];
      case 'batchNorm':
      case 'add': {
        const next = onlyConsumer(node);
        if (next?.kind !== 'relu' && next?.kind !== 'add')
          refuse(node, 'batch norm and add must lead to one ReLU');
        return [];
      }
      case 'maxPool':
        return [{ kind: 'maxPool', node, input: node.input, output: node.output }];
      case 'globalAveragePool':
        return [{ kind: 'averagePool', input: node.input, output: node.output }];
      case 'linear':
        return [{ kind: 'linear', node, stage: node.stage, input: node.input, output: node.output }];
    }
  });

  function activation(output: string, source: GraphNode | undefined): ActivationUnit {
    const terms = source?.kind === 'add' ? source.inputs.map((id) => producers.get(id)) : [source];
    const convolutions: string[] = [];
    let identity: string | null = null;
    for (const term of terms) {
      if (term?.kind === 'batchNorm') convolutions.push(convolutionOf(term));
      else if (term?.kind === 'relu' && identity === null) identity = term.output;
      else if (term?.kind === 'maxPool' && identity === null) identity = term.output;
      else
        throw new UnsupportedGraphError(
          `"${output}": a ReLU must follow batch norm, or its sum with an activation.`,
        );
    }
    if (convolutions.length === 0)
      throw new UnsupportedGraphError(`"${output}": no batch norm leads to this ReLU.`);
    return { kind: 'activation', output, convolutions, identity };
  }

  function convolutionOf(norm: GraphNode & { kind: 'batchNorm' }): string {
    const node = producers.get(norm.input);
    if (node?.kind !== 'convolution') refuse(norm, 'batch norm must follow a convolution');
    return node.name;
  }
}

function refuse(node: GraphNode, rule: string): never {
  throw new UnsupportedGraphError(`"${node.output}" (${node.kind}): ${rule}.`);
}
