/**
 * Where the engine keeps each tensor of the state dict: flat arrays [other | norm | buffers | frozen], the same
 * places in weights, gradients, momentum and EMA. The order makes the optimizer one pass: what decays, what
 * decays as norm, what is only averaged, and what never changes.
 *
 * Filters are stored [kernel, kernel, in, out] and the linear layer [in, out], channels filled up to fours.
 */
import type { Graph, StageName } from '../graph.ts';
import { paddedChannels } from '../kernels/kernel.ts';
import type { ParameterExtents } from '../kernels/update.ts';

export interface ParameterPlace {
  name: string;
  /** Elements from the start of the array; a multiple of 64, so that it can be bound. */
  offset: number;
  /** As stored, with padding. */
  elements: number;
  /** Sizes as in torch: [out, in, kernel, kernel], [out, in] or [channels]. */
  shape: readonly number[];
  role: 'parameter' | 'buffer';
  /** Whether the optimizer changes it: a parameter outside the frozen stages. */
  trained: boolean;
}

export interface ParameterLayout {
  places: ReadonlyMap<string, ParameterPlace>;
  /** Elements of the array's parts. */
  extents: ParameterExtents;
  frozenElements: number;
}

/** Elements a bound range starts at a multiple of: 256 bytes. */
const alignment = 64;

type Group = 'other' | 'norm' | 'buffers' | 'frozen';

export function layOutParameters(graph: Graph, frozenStages: ReadonlySet<StageName>): ParameterLayout {
  const groups: Record<Group, ParameterPlace[]> = { other: [], norm: [], buffers: [], frozen: [] };
  const add = (group: Group, stage: StageName, name: string, shape: number[]) => {
    const frozen = frozenStages.has(stage);
    groups[frozen ? 'frozen' : group].push({
      name,
      shape,
      role: group === 'buffers' ? 'buffer' : 'parameter',
      offset: 0,
      elements: storedElements(shape),
      trained: !frozen && group !== 'buffers',
    });
  };
  for (const node of graph.nodes) {
    if (node.kind === 'convolution') {
      const shape = [node.outChannels, node.inChannels, node.kernelPx, node.kernelPx];
      add('other', node.stage, `${node.name}.weight`, shape);
    } else if (node.kind === 'linear') {
      add('other', node.stage, `${node.name}.weight`, [node.outFeatures, node.inFeatures]);
      add('other', node.stage, `${node.name}.bias`, [node.outFeatures]);
    } else if (node.kind === 'batchNorm') {
      add('norm', node.stage, `${node.name}.weight`, [node.channels]);
      add('norm', node.stage, `${node.name}.bias`, [node.channels]);
      add('buffers', node.stage, `${node.name}.running_mean`, [node.channels]);
      add('buffers', node.stage, `${node.name}.running_var`, [node.channels]);
    }
  }
  let offset = 0;
  const size = (group: Group) => {
    const start = offset;
    for (const place of groups[group]) {
      place.offset = offset;
      offset += Math.ceil(place.elements / alignment) * alignment;
    }
    return offset - start;
  };
  const extents = { other: size('other'), norm: size('norm'), buffers: size('buffers') };
  const frozenElements = size('frozen');
  const places = new Map(
    Object.values(groups)
      .flat()
      .map((place) => [place.name, place]),
  );
  return { places, extents, frozenElements };
}

function storedElements([out = 1, input, height = 1, width = 1]: readonly number[]): number {
  if (input === undefined) return paddedChannels(out);
  return height * width * paddedChannels(input) * paddedChannels(out);
}

/** torch's order of elements → as stored; padding is zero. */
export function toStored(place: ParameterPlace, values: Float32Array): Float32Array {
  const stored = new Float32Array(place.elements);
  const { out, storedOut, storedRows } = rowsOf(place);
  const rows = storedRows.length;
  // Along the outputs of one row, so that what is written lies together.
  for (let row = 0; row < rows; row += 1) {
    const first = (storedRows[row] ?? 0) * storedOut;
    for (let o = 0; o < out; o += 1) stored[first + o] = values[o * rows + row] ?? 0;
  }
  return stored;
}

/** As stored → torch's order of elements, without padding. */
export function toTorch(place: ParameterPlace, stored: Float32Array): Float32Array {
  const { out, storedOut, storedRows } = rowsOf(place);
  const rows = storedRows.length;
  const values = new Float32Array(out * rows);
  for (let row = 0; row < rows; row += 1) {
    const first = (storedRows[row] ?? 0) * storedOut;
    for (let o = 0; o < out; o += 1) values[o * rows + row] = stored[first + o] ?? 0;
  }
  return values;
}

/**
 * A tensor as [out, rows] in torch's order, its rows [in, height, width]; stored as [rows, storedOut], rows
 * [height, width, storedIn], of which `storedRows` says where each of torch's is.
 */
function rowsOf({ shape }: ParameterPlace): { out: number; storedOut: number; storedRows: Uint32Array } {
  const [out = 1, input = 1, height = 1, width = 1] = shape;
  const area = height * width;
  const storedIn = shape.length === 1 ? 1 : paddedChannels(input);
  const storedRows = new Uint32Array(input * area);
  for (let i = 0; i < input; i += 1) {
    for (let position = 0; position < area; position += 1) {
      storedRows[i * area + position] = position * storedIn + i;
    }
  }
  return { out, storedOut: paddedChannels(out), storedRows };
}
