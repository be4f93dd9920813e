/** The augmentation on the CPU, stage for stage: what the kernels are tested against, and what runs without WebGPU. */
export { applyOperation } from './applyOperation.ts';
export { mixReference } from './mix.ts';
export { augmentReference, tensorReference } from './sample.ts';
