/** Collects the dispatches of a program, and what each intermediate result needs. */
import { activationShapes, type ActivationShape } from '../cost.ts';
import type { Graph, StageName } from '../graph.ts';
import { linearShape, type ConvolutionShape, type ConvolutionVariant } from '../kernels/convolution.ts';
import { paddedChannels, storedIn, type KernelCall, type StoragePrecision } from '../kernels/kernel.ts';
import type { PoolShape } from '../kernels/pooling.ts';
import type { OptimizerSettings } from '../kernels/update.ts';
import type { ParameterLayout } from './parameterLayout.ts';
import { planMemory } from './memory.ts';
import { imageRanges, splitDispatches, type Operand, type SplitLimits } from './split.ts';
import type { BufferReference, Dispatch, ParameterArray, Phase, Plan } from './plan.ts';
import type { ActivationUnit, ConvolutionUnit, MaxPoolUnit, Unit } from './units.ts';

/** The three convolutions of a layer in a training step. */
export type ConvolutionPass = 'forward' | 'inputGradient' | 'filterGradient';

/** How the kernels of a program are to be made for a device: plain data, kept with the run that uses it. */
export interface KernelChoice {
  convolution: Readonly<Record<ConvolutionPass, ConvolutionVariant>>;
  /** Workgroups that keep the device busy: filter gradients are split until there are about as many. */
  workgroups: number;
  /** Largest part of the arena. */
  segmentBytes: number;
  /** What is larger runs on ranges of images. */
  limits: SplitLimits;
}

export interface ProgramOptions {
  graph: Graph;
  units: readonly Unit[];
  layout: ParameterLayout;
  classCount: number;
  batch: number;
  sizePx: number;
  labelSmoothing: number;
  frozenStages: ReadonlySet<StageName>;
  optimizer: OptimizerSettings;
  choice: KernelChoice;
  /** Of activations. */
  storage: StoragePrecision;
}

interface ValueUse {
  bytes: number;
  first: number;
  last: number;
}

export class ProgramBuilder {
  readonly dispatches: Dispatch[] = [];
  private readonly uses = new Map<string, ValueUse>();
  private readonly pinned = new Set<string>();
  private readonly shapes: Map<string, ActivationShape>;
  phase: Phase = 'forward';

  /** @throws RangeError when the images are too small for the network */
  constructor(readonly options: ProgramOptions) {
    this.shapes = activationShapes(options.graph, options.sizePx);
  }

  /** Declares an intermediate result of f32 elements. */
  value(id: string, elements: number): BufferReference {
    if (!this.uses.has(id)) this.uses.set(id, { bytes: elements * 4, first: Infinity, last: -1 });
    return { kind: 'value', id };
  }

  /** Declares an activation, in the program's storage precision. */
  private stored(id: string, elements: number): BufferReference {
    const bytes = elements * (this.options.storage === 'f16' ? 2 : 4);
    if (!this.uses.has(id)) this.uses.set(id, { bytes, first: Infinity, last: -1 });
    return { kind: 'value', id };
  }

  /** Declares a result that the runtime fills or reads: it shares its bytes with nothing. */
  pinnedValue(id: string, elements: number): BufferReference {
    this.pinned.add(id);
    return this.value(id, elements);
  }

  parameter(name: string, array: ParameterArray = 'weights'): BufferReference {
    const place = this.options.layout.places.get(name);
    if (place === undefined) throw new Error(`The model has no parameter "${name}".`);
    return { kind: 'parameters', array, offset: place.offset, elements: place.elements };
  }

  dispatch(layer: string, call: KernelCall, buffers: readonly BufferReference[], readsStep = false): void {
    const at = this.dispatches.length;
    for (const reference of buffers) {
      if (reference.kind !== 'value') continue;
      const use = this.uses.get(reference.id);
      if (use === undefined) throw new Error(`"${reference.id}" was not declared.`);
      use.first = Math.min(use.first, at);
      use.last = Math.max(use.last, at);
    }
    const stored = storedIn(call, this.options.storage);
    this.dispatches.push({ layer, phase: this.phase, call: stored, buffers, readsStep });
  }

  /** An operand whose first dimension is the batch. */
  batched(reference: BufferReference): Operand & { bytesPerImage: number } {
    const bytes = reference.kind === 'value' ? this.uses.get(reference.id)?.bytes : undefined;
    if (bytes === undefined) throw new Error('Only declared values have a batch.');
    return { batched: reference, bytesPerImage: bytes / this.options.batch };
  }

  /**
   * The ranges of images on which a kernel over the whole batch must run; see imageRanges.
   * @param values with the batch as their first dimension
   */
  ranges(layer: string, call: KernelCall, values: readonly BufferReference[]): number[] {
    const { batch, choice } = this.options;
    const bytesPerImage = values.map((value) => this.batched(value).bytesPerImage);
    return imageRanges(layer, batch, bytesPerImage, call.flops, choice.limits);
  }

  /** Dispatches a kernel on each range of images. */
  dispatchRanges(
    layer: string,
    ranges: readonly number[],
    call: (images: number) => KernelCall,
    operands: readonly Operand[],
  ): void {
    for (const part of splitDispatches(ranges, call, operands)) this.dispatch(layer, part.call, part.buffers);
  }

  /** A kernel whose operands all have the batch as their first dimension, or are bound whole (`shared`). */
  dispatchBatch(
    layer: string,
    call: (images: number) => KernelCall,
    operands: readonly (BufferReference | { shared: BufferReference })[],
  ): void {
    const values = operands.filter((operand): operand is BufferReference => 'kind' in operand);
    this.dispatchRanges(
      layer,
      this.ranges(layer, call(this.options.batch), values),
      call,
      operands.map((operand) => ('kind' in operand ? this.batched(operand) : { whole: operand.shared })),
    );
  }

  plan(): Plan {
    const end = this.dispatches.length;
    const live = [...this.uses].map(([id, use]) =>
      this.pinned.has(id) ? { id, bytes: use.bytes, first: 0, last: end } : { id, ...use },
    );
    const { values, segments } = planMemory(live, this.options.choice.segmentBytes);
    return { dispatches: this.dispatches, values, segments };
  }

  isFrozen(stage: StageName): boolean {
    return this.options.frozenStages.has(stage);
  }

  /** Side of a square activation and its channels as stored. */
  sideOf(id: string): { px: number; channels: number } {
    const shape = this.shapes.get(id);
    if (shape === undefined) throw new Error(`"${id}" has no shape.`);
    return { px: shape.heightPx, channels: paddedChannels(shape.channels) };
  }

  rowsOf(id: string): number {
    return this.options.batch * this.sideOf(id).px ** 2;
  }

  elementsOf(id: string): number {
    return this.rowsOf(id) * this.sideOf(id).channels;
  }

  convolutionShape({ node }: ConvolutionUnit): ConvolutionShape {
    const { px } = this.sideOf(node.input);
    return {
      batch: this.options.batch,
      inHeight: px,
      inWidth: px,
      inChannels: paddedChannels(node.inChannels),
      outChannels: paddedChannels(node.outChannels),
      kernelPx: node.kernelPx,
      stridePx: node.stridePx,
      paddingPx: node.paddingPx,
    };
  }

  linearShape(node: { inFeatures: number; outFeatures: number }): ConvolutionShape {
    return linearShape(this.options.batch, paddedChannels(node.inFeatures), paddedChannels(node.outFeatures));
  }

  poolShape({ node }: MaxPoolUnit): PoolShape {
    const input = this.sideOf(node.input);
    const output = this.sideOf(node.output).px;
    const { kernelPx, stridePx, paddingPx } = node;
    return {
      batch: this.options.batch,
      inHeight: input.px,
      inWidth: input.px,
      outHeight: output,
      outWidth: output,
      channels: input.channels,
      kernelPx,
      stridePx,
      paddingPx,
    };
  }

  convolution(name: string): ConvolutionUnit {
    const unit = this.options.units.find((u) => u.kind === 'convolution' && u.node.name === name);
    if (unit?.kind !== 'convolution') throw new Error(`There is no convolution "${name}".`);
    return unit;
  }

  /** The convolutions' raw output, before batch norm. */
  rawOutput(unit: ConvolutionUnit): BufferReference {
    return this.stored(`${unit.node.name}.y`, this.elementsOf(unit.node.output));
  }

  /** [mean | inverse deviation | scale | shift] of the convolution's batch norm. */
  moments(unit: ConvolutionUnit): BufferReference {
    return this.value(`${unit.norm}.moments`, 4 * paddedChannels(unit.node.outChannels));
  }

  activation(id: string): BufferReference {
    return this.stored(id === this.options.graph.input ? 'images4' : id, this.elementsOf(id));
  }

  convolutionsOf(unit: ActivationUnit): ConvolutionUnit[] {
    return unit.convolutions.map((name) => this.convolution(name));
  }
}
