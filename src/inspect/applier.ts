/**
 * What applies drawn parameters for the inspector: the GPU, with the very kernels that training uses
 * (gpuApplier.ts), or the processor where there is none (cpuApplier.ts).
 */
import type { BatchMix, PixelImage, SampleParameters } from '../augment/parameters.ts';
import type { DecodedImage } from '../data/types.ts';
import type { InspectorDevice, Picture } from './types.ts';

/** An image and what happens to it; all parameters of a call have windows of one size. */
export interface Job {
  image: PixelImage;
  parameters: SampleParameters;
}

export interface MixedJob extends Job {
  /** What it is mixed with, in a batch of the two; null: it is not. */
  mixed: { partner: Job; mix: BatchMix } | null;
}

export interface Applier {
  readonly device: InspectorDevice;
  /** A decoded image's own bytes. A bitmap is closed. */
  pixels(image: DecodedImage): Promise<PixelImage>;
  /** After crop, resize, flip and operation. */
  bytes(jobs: readonly Job[]): Promise<Picture[]>;
  /** After normalising, erasing and mixing, with the normalisation taken back. */
  tensors(jobs: readonly MixedJob[]): Promise<Picture[]>;
}

/** The output size of jobs; 1×1 of none. */
export function sizeOf(jobs: readonly Job[]): { widthPx: number; heightPx: number } {
  const window = jobs[0]?.parameters.window;
  return { widthPx: window?.widthPx ?? 1, heightPx: window?.heightPx ?? 1 };
}
