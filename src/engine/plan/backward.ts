/**
 * Derives the backward pass from the units, last to first.
 *
 * For every activation the gradients that its consumers hand back are collected; behind its ReLU the sum is
 * `dz`, from which its batch norms and their convolutions go on. Where an activation feeds a single
 * convolution, that convolution's input gradient goes through the ReLU at once.
 */
import {
  activationGradient,
  batchNormGradients,
  batchNormInputGradient,
  gradientTiles,
} from '../kernels/batchNormGradient.ts';
import type { ConvolutionShape } from '../kernels/convolution.ts';
import { convolutionFilterGradient, filterGradientShares } from '../kernels/convolutionFilterGradient.ts';
import { convolutionInputGradient, inputGradientTiles } from '../kernels/convolutionInputGradient.ts';
import { filterElements } from '../kernels/convolution.ts';
import { paddedChannels } from '../kernels/kernel.ts';
import { biasGradient, metricsPerImage, softmaxCrossEntropy } from '../kernels/loss.ts';
import { maxPoolGradient } from '../kernels/pooling.ts';
import { sumPartials } from '../kernels/update.ts';
import type { ProgramBuilder } from './builder.ts';
import { wellKnown, type BufferReference } from './plan.ts';
import type { Operand } from './split.ts';
import {
  UnsupportedGraphError,
  type ActivationUnit,
  type ConvolutionUnit,
  type LinearUnit,
  type MaxPoolUnit,
} from './units.ts';

/** What has been handed back to an activation so far. */
interface Contributions {
  tensors: BufferReference[];
  pooled: BufferReference | null;
}

/** The gradient behind an activation's ReLU, and the partials for each of its batch norms. */
interface BehindRelu {
  dz: BufferReference;
  tiles: number;
  partials: Map<string, BufferReference>;
}

export function lowerBackward(builder: ProgramBuilder): void {
  builder.phase = 'backward';
  new Backward(builder).lower();
}

class Backward {
  private readonly contributions = new Map<string, Contributions>();
  private readonly behindRelu = new Map<string, BehindRelu>();
  /** Activations through which a gradient must flow: something before them trains. */
  private readonly needed = new Set<string>();
  private readonly consumerCount = new Map<string, number>();
  /** The activation that a convolution's batch norm is part of. */
  private readonly activationOf = new Map<string, ActivationUnit>();
  private readonly activations = new Map<string, ActivationUnit>();

  constructor(private readonly builder: ProgramBuilder) {
    for (const unit of builder.options.units) {
      const inputs =
        unit.kind === 'activation' ? (unit.identity === null ? [] : [unit.identity]) : [unit.input];
      for (const input of inputs) this.consumerCount.set(input, (this.consumerCount.get(input) ?? 0) + 1);
      switch (unit.kind) {
        case 'convolution':
          break;
        case 'activation': {
          this.activations.set(unit.output, unit);
          for (const name of unit.convolutions) this.activationOf.set(name, unit);
          const trains = builder
            .convolutionsOf(unit)
            .some((c) => !builder.isFrozen(c.stage) || this.needed.has(c.input));
          if (trains || (unit.identity !== null && this.needed.has(unit.identity)))
            this.needed.add(unit.output);
          break;
        }
        case 'maxPool':
        case 'averagePool':
        case 'linear':
          if (this.needed.has(unit.input)) this.needed.add(unit.output);
          break;
      }
    }
  }

  lower(): void {
    for (const unit of this.builder.options.units.toReversed()) {
      switch (unit.kind) {
        case 'linear':
          this.linear(unit);
          break;
        case 'averagePool':
          if (this.needed.has(unit.input)) this.to(unit.input).pooled = this.only(unit.output);
          break;
        case 'maxPool':
          if (this.needed.has(unit.input)) this.maxPool(unit);
          break;
        case 'activation':
          if (this.needed.has(unit.output)) this.activation(unit);
          break;
        case 'convolution':
          if (!this.builder.isFrozen(unit.stage) || this.needed.has(unit.input)) this.convolution(unit);
          break;
      }
    }
  }

  private to(id: string): Contributions {
    const found = this.contributions.get(id) ?? { tensors: [], pooled: null };
    this.contributions.set(id, found);
    return found;
  }

  /** The one gradient of an activation that has a single consumer. */
  private only(id: string): BufferReference {
    const [gradient, ...others] = this.to(id).tensors;
    if (gradient === undefined || others.length > 0)
      throw new UnsupportedGraphError(`"${id}" must have exactly one consumer.`);
    return gradient;
  }

  private linear({ node, input, output, stage }: LinearUnit): void {
    const { builder } = this;
    const { batch, classCount, labelSmoothing, choice } = builder.options;
    const stored = paddedChannels(classCount);
    const logits = builder.pinnedValue(wellKnown.logits, batch * stored);
    const dlogits = builder.value('dlogits', batch * stored);
    builder.dispatch(
      'loss',
      softmaxCrossEntropy(batch, classCount, labelSmoothing),
      [
        logits,
        builder.pinnedValue(wellKnown.targets, batch * stored),
        dlogits,
        builder.pinnedValue(wellKnown.metrics, batch * metricsPerImage),
      ],
      true,
    );
    const shape = builder.linearShape(node);
    if (!builder.isFrozen(stage)) {
      builder.dispatch(
        output,
        biasGradient(batch, stored),
        [dlogits, builder.parameter(`${node.name}.bias`, 'gradients')],
        true,
      );
      this.filterGradient(node.name, shape, builder.activation(input), dlogits);
    }
    if (!this.needed.has(input)) return;
    const dx = builder.value(`${input}.gradient`, builder.elementsOf(input));
    builder.dispatch(output, convolutionInputGradient(shape, choice.convolution.inputGradient), [
      dlogits,
      builder.parameter(`${node.name}.weight`),
      dx,
    ]);
    this.to(input).tensors.push(dx);
  }

  private maxPool(unit: MaxPoolUnit): void {
    const { builder } = this;
    const { tensors } = this.to(unit.output);
    const dx = builder.value(`${unit.input}.fromPool`, builder.elementsOf(unit.input));
    const count = oneOrTwo(unit.output, tensors.length);
    builder.dispatchBatch(
      unit.output,
      (n) => maxPoolGradient({ ...builder.poolShape(unit), batch: n }, count),
      [builder.activation(unit.input), builder.activation(unit.output), dx, ...tensors],
    );
    this.to(unit.input).tensors.push(dx);
  }

  private activation(unit: ActivationUnit): void {
    if (!this.behindRelu.has(unit.output)) this.throughRelu(unit);
    const behind = this.behindRelu.get(unit.output);
    if (behind !== undefined && unit.identity !== null && this.needed.has(unit.identity)) {
      this.to(unit.identity).tensors.push(behind.dz);
    }
  }

  /** Sums what was handed back and passes it through the ReLU. */
  private throughRelu(unit: ActivationUnit): void {
    const { builder } = this;
    const { tensors, pooled } = this.to(unit.output);
    if (tensors.length > 2) throw new UnsupportedGraphError(`"${unit.output}" has more than two consumers.`);
    const { px, channels } = builder.sideOf(unit.output);
    const convolutions = builder.convolutionsOf(unit);
    const dz = builder.value(`${unit.output}.dz`, builder.elementsOf(unit.output));
    const raw = convolutions.map((c) => builder.rawOutput(c));
    const batched = [builder.activation(unit.output), dz, ...tensors, ...(pooled === null ? [] : [pooled])];
    const sources = {
      ...{ tensors: tensors.length as 0 | 1 | 2, pooled: pooled !== null },
      batchNorms: oneOrTwo(unit.output, convolutions.length),
    };
    const call = (n: number) => activationGradient(n, px * px, channels, sources);
    const ranges = builder.ranges(unit.output, call(builder.options.batch), [...batched, ...raw]);
    const tiles = ranges.reduce((sum, n) => sum + gradientTiles(n * px * px), 0);
    const partials = new Map(
      convolutions.map(({ node, norm }) => [
        node.name,
        builder.value(`${norm}.gradientPartials`, tiles * 2 * channels),
      ]),
    );
    const partialBytes = (n: number) => gradientTiles(n * px * px) * 2 * channels * 4;
    builder.dispatchRanges(unit.output, ranges, call, [
      ...batched.map((reference) => builder.batched(reference)),
      ...convolutions.flatMap((c): Operand[] => [
        builder.batched(builder.rawOutput(c)),
        { whole: builder.moments(c) },
        { parts: take(partials, c.node.name), bytes: partialBytes },
      ]),
    ]);
    this.behindRelu.set(unit.output, { dz, tiles, partials });
  }

  private convolution(unit: ConvolutionUnit): void {
    const { builder } = this;
    const { node, norm } = unit;
    const behind = take(this.behindRelu, take(this.activationOf, node.name).output);
    const shape = builder.convolutionShape(unit);
    const rows = builder.rowsOf(node.output);
    const channels = shape.outChannels;
    const frozen = builder.isFrozen(unit.stage);
    const dy = builder.value(`${node.name}.dy`, builder.elementsOf(node.output));
    const coefficients = builder.value(`${norm}.coefficients`, 3 * channels);
    if (!frozen) {
      builder.dispatch(
        norm,
        batchNormGradients(rows, channels, behind.tiles),
        [
          take(behind.partials, node.name),
          builder.moments(unit),
          coefficients,
          builder.parameter(`${norm}.weight`, 'gradients'),
          builder.parameter(`${norm}.bias`, 'gradients'),
        ],
        true,
      );
    }
    const perImage = rows / builder.options.batch;
    builder.dispatchBatch(norm, (n) => batchNormInputGradient(n * perImage, channels, frozen), [
      ...[behind.dz, dy, { shared: builder.moments(unit) }],
      ...(frozen ? [] : [builder.rawOutput(unit), { shared: coefficients }]),
    ]);
    if (!frozen) this.filterGradient(node.name, shape, builder.activation(unit.input), dy);
    if (this.needed.has(unit.input)) this.inputGradient(unit, shape, dy);
  }

  private inputGradient(unit: ConvolutionUnit, shape: ConvolutionShape, dy: BufferReference): void {
    const { builder } = this;
    const variant = builder.options.choice.convolution.inputGradient;
    const weight = builder.parameter(`${unit.node.name}.weight`);
    const source = this.activations.get(unit.input);
    const [only, another] = source === undefined ? [] : builder.convolutionsOf(source);
    const single =
      this.consumerCount.get(unit.input) === 1 && source?.identity === null && another === undefined;
    if (source === undefined || only === undefined || !single) {
      const dx = builder.value(`${unit.node.name}.dx`, builder.elementsOf(unit.input));
      const call = (n: number) => convolutionInputGradient({ ...shape, batch: n }, variant);
      builder.dispatchBatch(unit.node.name, call, [dy, { shared: weight }, dx]);
      this.to(unit.input).tensors.push(dx);
      return;
    }
    const dz = builder.value(`${unit.input}.dz`, builder.elementsOf(unit.input));
    const raw = builder.rawOutput(only);
    const call = (n: number) => convolutionInputGradient({ ...shape, batch: n }, variant, 'batchNorm');
    const ranges = builder.ranges(unit.node.name, call(shape.batch), [dy, dz, raw]);
    const tilesOf = (n: number) => inputGradientTiles({ ...shape, batch: n }, variant);
    const tiles = ranges.reduce((sum, n) => sum + tilesOf(n), 0);
    const partials = builder.value(`${only.norm}.gradientPartials`, tiles * 2 * shape.inChannels);
    builder.dispatchRanges(unit.node.name, ranges, call, [
      ...[builder.batched(dy), { whole: weight }, builder.batched(dz)],
      ...[builder.batched(raw), { whole: builder.moments(only) }],
      { parts: partials, bytes: (n) => tilesOf(n) * 2 * shape.inChannels * 4 },
    ]);
    this.behindRelu.set(unit.input, { dz, tiles, partials: new Map([[only.node.name, partials]]) });
  }

  private filterGradient(
    name: string,
    shape: ConvolutionShape,
    x: BufferReference,
    dy: BufferReference,
  ): void {
    const { builder } = this;
    const { convolution, workgroups } = builder.options.choice;
    const variant = convolution.filterGradient;
    const gradient = builder.parameter(`${name}.weight`, 'gradients');
    const whole = convolutionFilterGradient(shape, variant, 1);
    const ranges = builder.ranges(name, whole, [x, dy]);
    const sharesOf = (n: number) =>
      filterGradientShares({ ...shape, batch: n }, variant, workgroups / ranges.length);
    const shares = ranges.reduce((sum, n) => sum + sharesOf(n), 0);
    if (shares === 1) {
      builder.dispatch(name, whole, [x, dy, gradient], true);
      return;
    }
    const elements = filterElements(shape);
    const partials = builder.value(`${name}.filterPartials`, shares * elements);
    const call = (n: number) =>
      convolutionFilterGradient({ ...shape, batch: n }, variant, sharesOf(n), false);
    builder.dispatchRanges(name, ranges, call, [
      ...[builder.batched(x), builder.batched(dy)],
      { parts: partials, bytes: (n) => sharesOf(n) * elements * 4 },
    ]);
    builder.dispatch(name, sumPartials(elements, shares), [partials, gradient], true);
  }
}

function oneOrTwo(id: string, count: number): 1 | 2 {
  if (count !== 1 && count !== 2)
    throw new UnsupportedGraphError(
      `"${id}" must have one or two gradients or batch norms, not ${String(count)}.`,
    );
  return count;
}

function take<T>(table: ReadonlyMap<string, T>, name: string): T {
  const found = table.get(name);
  if (found === undefined) throw new Error(`The backward pass has nothing for "${name}" yet.`);
  return found;
}
