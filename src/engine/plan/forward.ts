/** Lowers the forward pass: units → dispatches. */
import { batchNormApply, batchNormRunning, batchNormStatistics } from '../kernels/batchNorm.ts';
import { convolutionForward, forwardTiles } from '../kernels/convolutionForward.ts';
import { paddedChannels } from '../kernels/kernel.ts';
import { averagePool, maxPool, padColours } from '../kernels/pooling.ts';
import type { ProgramBuilder } from './builder.ts';
import { wellKnown } from './plan.ts';
import type { ActivationUnit, ConvolutionUnit, LinearUnit } from './units.ts';

/**
 * From `images` to `logits`.
 * @param usesBatchStatistics training: stages that are not frozen normalise by their batch
 */
export function lowerForward(builder: ProgramBuilder, usesBatchStatistics: boolean): void {
  const { graph, batch, sizePx, units } = builder.options;
  const images = builder.pinnedValue(wellKnown.images, batch * sizePx * sizePx * 3);
  builder.dispatchBatch('images', (n) => padColours(n * sizePx * sizePx), [
    images,
    builder.activation(graph.input),
  ]);
  for (const unit of units) {
    switch (unit.kind) {
      case 'convolution':
        lowerConvolution(builder, unit, usesBatchStatistics && !builder.isFrozen(unit.stage));
        break;
      case 'activation':
        lowerActivation(builder, unit);
        break;
      case 'maxPool':
        builder.dispatchBatch(unit.output, (n) => maxPool({ ...builder.poolShape(unit), batch: n }), [
          builder.activation(unit.input),
          builder.activation(unit.output),
        ]);
        break;
      case 'averagePool': {
        const { px, channels } = builder.sideOf(unit.input);
        const pooled = builder.activation(unit.output);
        builder.dispatchBatch(unit.output, (n) => averagePool(n, px * px, channels), [
          builder.activation(unit.input),
          pooled,
        ]);
        break;
      }
      case 'linear':
        lowerLinear(builder, unit);
        break;
    }
  }
}

function lowerConvolution(builder: ProgramBuilder, unit: ConvolutionUnit, batchStatistics: boolean): void {
  const { node, norm } = unit;
  const shape = builder.convolutionShape(unit);
  const variant = builder.options.choice.convolution.forward;
  const y = builder.rawOutput(unit);
  const x = builder.activation(unit.input);
  const inputs = [
    ...[builder.batched(x), { whole: builder.parameter(`${node.name}.weight`) }, builder.batched(y)],
  ];
  const ranges = builder.ranges(node.name, convolutionForward(shape, variant), [x, y]);
  const normParameters = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
    builder.parameter(`${norm}.${name}`),
  );
  if (!batchStatistics) {
    const call = (n: number) => convolutionForward({ ...shape, batch: n }, variant);
    builder.dispatchRanges(node.name, ranges, call, inputs);
    builder.dispatch(norm, batchNormRunning(shape.outChannels), [...normParameters, builder.moments(unit)]);
    return;
  }
  const tilesOf = (n: number) => forwardTiles({ ...shape, batch: n }, variant);
  const tiles = ranges.reduce((sum, n) => sum + tilesOf(n), 0);
  const partials = builder.value(`${node.name}.partials`, tiles * 2 * shape.outChannels);
  builder.dispatchRanges(
    node.name,
    ranges,
    (n) => convolutionForward({ ...shape, batch: n }, variant, 'statistics'),
    [...inputs, { parts: partials, bytes: (n) => tilesOf(n) * 2 * shape.outChannels * 4 }],
  );
  const rows = builder.rowsOf(node.output);
  const statistics = batchNormStatistics(rows, shape.outChannels, {
    ...{ tiles, tileRows: variant.tileRows },
    rangeRows: (rows / builder.options.batch) * (ranges[0] ?? 1),
  });
  builder.dispatch(norm, statistics, [partials, ...normParameters, builder.moments(unit)], true);
}

function lowerActivation(builder: ProgramBuilder, unit: ActivationUnit): void {
  const [first, second] = builder.convolutionsOf(unit);
  if (first === undefined) throw new Error(`"${unit.output}" has no batch norm.`);
  const residual = second !== undefined ? 'batchNorm' : unit.identity !== null ? 'activation' : 'none';
  const { px, channels } = builder.sideOf(unit.output);
  builder.dispatchBatch(unit.output, (n) => batchNormApply(n * px * px, channels, residual, true), [
    builder.rawOutput(first),
    { shared: builder.moments(first) },
    builder.activation(unit.output),
    ...(second === undefined ? [] : [builder.rawOutput(second), { shared: builder.moments(second) }]),
    ...(unit.identity === null ? [] : [builder.activation(unit.identity)]),
  ]);
}

function lowerLinear(builder: ProgramBuilder, { node, input, output }: LinearUnit): void {
  const variant = builder.options.choice.convolution.forward;
  const call = convolutionForward(builder.linearShape(node), variant, 'bias');
  builder.dispatch(output, call, [
    builder.activation(input),
    builder.parameter(`${node.name}.weight`),
    builder.pinnedValue(wellKnown.logits, builder.options.batch * paddedChannels(node.outFeatures)),
    builder.parameter(`${node.name}.bias`),
  ]);
}
