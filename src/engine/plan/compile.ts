/** Graph → plan, for a batch size and image size: the chain of pure passes. */
import {
  gradientNorm,
  gradientNormElements,
  gradientSquares,
  squaresPartials,
} from '../kernels/gradientNorm.ts';
import { vectorWidth } from '../kernels/kernel.ts';
import { sgdStep, type ParameterExtents } from '../kernels/update.ts';
import { lowerBackward } from './backward.ts';
import { ProgramBuilder, type ProgramOptions } from './builder.ts';
import { lowerForward } from './forward.ts';
import type { BufferReference, ParameterArray, Plan } from './plan.ts';

/** Forward, loss and backward of one batch: leaves the gradient in the parameter arrays. */
export function compileTrainingStep(options: ProgramOptions): Plan {
  const builder = new ProgramBuilder(options);
  lowerForward(builder, true);
  lowerBackward(builder);
  return builder.plan();
}

/**
 * Forward alone, for a batch.
 * @param normalisedBy 'running' statistics, as in evaluation, or those of the 'batch'
 */
export function compileForward(options: ProgramOptions, normalisedBy: 'running' | 'batch'): Plan {
  const builder = new ProgramBuilder(options);
  lowerForward(builder, normalisedBy === 'batch');
  return builder.plan();
}

/**
 * The optimizer and the EMA: one dispatch for every binding's worth of parameters. Where the gradient is clipped,
 * one more for each of them, and one.
 */
export function compileUpdate(options: ProgramOptions): Plan {
  const builder = new ProgramBuilder(options);
  builder.phase = 'update';
  const { extents } = options.layout;
  const total = extents.other + extents.norm + extents.buffers;
  const chunk = parametersPerBinding(options);
  const { clipGradNorm } = options.optimizer;
  const norm = clipGradNorm === null ? [] : [measureGradient(builder, clipGradNorm)];
  for (let first = 0; first < total; first += chunk) {
    const end = Math.min(first + chunk, total);
    const range = (array: ParameterArray, last: number): BufferReference => ({
      kind: 'parameters',
      array,
      offset: first,
      // A chunk of buffers alone still binds something; the kernel does not touch it.
      elements: Math.max(last - first, 4),
    });
    const trainedEnd = Math.min(end, extents.other + extents.norm);
    builder.dispatch(
      'optimizer',
      sgdStep(part(extents, first, end), options.optimizer),
      [
        range('weights', end),
        range('gradients', trainedEnd),
        range('momentum', trainedEnd),
        ...(options.optimizer.ema ? [range('ema', end)] : []),
        ...norm,
      ],
      true,
    );
  }
  return builder.plan();
}

function parametersPerBinding({ choice }: ProgramOptions): number {
  return choice.limits.bindingBytes / Float32Array.BYTES_PER_ELEMENT;
}

/** The norm of the gradient of everything trained; see gradientNorm. */
function measureGradient(builder: ProgramBuilder, limit: number): BufferReference {
  const { layout } = builder.options;
  const trained = layout.extents.other + layout.extents.norm;
  const chunk = parametersPerBinding(builder.options);
  const ranges = Math.ceil(trained / chunk);
  const partials = builder.value('gradientSquares', ranges * squaresPartials * vectorWidth);
  for (let range = 0; range < ranges; range += 1) {
    const offset = range * chunk;
    const elements = Math.min(chunk, trained - offset);
    const gradients: BufferReference = { kind: 'parameters', array: 'gradients', offset, elements };
    builder.dispatch('optimizer', gradientSquares(elements, range), [gradients, partials]);
  }
  const norm = builder.value('gradientNorm', gradientNormElements);
  builder.dispatch('optimizer', gradientNorm(ranges, limit), [partials, norm]);
  return norm;
}

/** Of the extents, what lies in [first, end). */
function part(extents: ParameterExtents, first: number, end: number): ParameterExtents {
  const overlap = (start: number, size: number) =>
    Math.max(0, Math.min(end, start + size) - Math.max(first, start));
  return {
    other: overlap(0, extents.other),
    norm: overlap(extents.other, extents.norm),
    buffers: overlap(extents.other + extents.norm, extents.buffers),
  };
}
