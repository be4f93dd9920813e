/** One pass of one convolution on the GPU, with the epilogue it has in a training step, ready to be timed. */
import {
  convolutionFlops,
  filterElements,
  outputSize,
  type ConvolutionShape,
  type ConvolutionVariant,
} from '../kernels/convolution.ts';
import { convolutionFilterGradient, filterGradientShares } from '../kernels/convolutionFilterGradient.ts';
import { convolutionForward, forwardTiles } from '../kernels/convolutionForward.ts';
import { convolutionInputGradient, inputGradientTiles } from '../kernels/convolutionInputGradient.ts';
import { stepParameterBytes, type KernelCall } from '../kernels/kernel.ts';
import { sumPartials } from '../kernels/update.ts';
import type { ConvolutionPass } from '../plan/builder.ts';
import { createCommand, type Command } from '../runtime/command.ts';
import { PipelineCache } from '../runtime/pipelines.ts';

export interface Candidate {
  variant: ConvolutionVariant;
  /** As in KernelChoice; only the filter gradient depends on it. */
  workgroups: number;
}

export interface PassCommands {
  commands: Command[];
  flops: number;
  destroy: () => void;
}

interface Dispatch {
  call: KernelCall;
  /** f32 elements of each buffer: a number for one of its own, a name for one that the dispatches share. */
  buffers: readonly (number | 'partials')[];
  readsStep: boolean;
}

/** Buffers hold zeros: the time does not depend on the values. */
export async function createPassCommands(
  device: GPUDevice,
  pass: ConvolutionPass,
  shape: ConvolutionShape,
  candidate: Candidate,
): Promise<PassCommands> {
  const owned: GPUBuffer[] = [];
  const create = (bytes: number, usage: number) => {
    const buffer = device.createBuffer({ label: 'tuning', size: bytes, usage });
    owned.push(buffer);
    return buffer;
  };
  const { dispatches, partialElements } = dispatchesOf(pass, shape, candidate);
  const partials = create(Math.max(4, partialElements) * 4, GPUBufferUsage.STORAGE);
  const step = create(stepParameterBytes, GPUBufferUsage.UNIFORM);
  const made = await Promise.all(
    dispatches.map(({ call, buffers, readsStep }) =>
      createCommand(
        device,
        PipelineCache.of(device),
        call,
        buffers.map((size) => (size === 'partials' ? partials : create(size * 4, GPUBufferUsage.STORAGE))),
        readsStep ? step : null,
      ),
    ),
  );
  owned.push(...made.map(({ constants }) => constants));
  return {
    commands: made.map(({ command }) => command),
    flops: convolutionFlops(shape),
    destroy: () => {
      for (const buffer of owned) buffer.destroy();
    },
  };
}

function dispatchesOf(
  pass: ConvolutionPass,
  shape: ConvolutionShape,
  { variant, workgroups }: Candidate,
): { dispatches: Dispatch[]; partialElements: number } {
  const { height, width } = outputSize(shape);
  const x = shape.batch * shape.inHeight * shape.inWidth * shape.inChannels;
  const y = shape.batch * height * width * shape.outChannels;
  const w = filterElements(shape);
  switch (pass) {
    case 'forward': {
      const call = convolutionForward(shape, variant, 'statistics');
      const partialElements = forwardTiles(shape, variant) * 2 * shape.outChannels;
      return { dispatches: [{ call, buffers: [x, w, y, 'partials'], readsStep: false }], partialElements };
    }
    case 'inputGradient': {
      const call = convolutionInputGradient(shape, variant, 'batchNorm');
      const partialElements = inputGradientTiles(shape, variant) * 2 * shape.inChannels;
      const buffers = [y, w, x, x, 4 * shape.inChannels, 'partials'] as const;
      return { dispatches: [{ call, buffers, readsStep: false }], partialElements };
    }
    case 'filterGradient': {
      const shares = filterGradientShares(shape, variant, workgroups);
      const call = convolutionFilterGradient(shape, variant, shares);
      if (shares === 1)
        return { dispatches: [{ call, buffers: [x, y, w], readsStep: true }], partialElements: 0 };
      const sum: Dispatch = { call: sumPartials(w, shares), buffers: ['partials', w], readsStep: true };
      const split: Dispatch = { call, buffers: [x, y, 'partials'], readsStep: false };
      return { dispatches: [split, sum], partialElements: shares * w };
    }
  }
}
