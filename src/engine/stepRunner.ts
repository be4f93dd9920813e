/**
 * What computes a training step, whichever way: plain tfjs operations, or the compiled engine.
 *
 * Everything above cannot tell which. A step is: for each rank (and micro-batch) `accumulate`, then one
 * `update`. Ranks are emulated one after the other: each has its own batch-norm statistics, gradients are
 * averaged, and only rank 0's running statistics are kept, as DDP does.
 */

/** Tensors by torchvision's names, in torch's layout and row-major order. */
export type NamedTensors = Map<string, Float32Array>;

export interface ImageBatch {
  /** f32 [batch, size, size, 3], normalised; usage STORAGE | COPY_SRC. Stays the caller's. */
  images: GPUBuffer;
  batchSize: number;
  sizePx: number;
}

export interface TrainingBatch extends ImageBatch {
  /** Soft targets [batch, classes], before label smoothing. */
  targets: Float32Array;
  /** Share of this batch's mean gradient in the step's: micro-batch size / global batch size. */
  gradientWeight: number;
  /** True for rank 0: its batch statistics move the running ones. */
  updatesRunningStatistics: boolean;
}

export interface BatchMetrics {
  /** Mean of the smoothed cross-entropy over the batch. */
  loss: number;
  /** Images whose largest logit is at the target's largest entry. */
  correct: number;
}

export interface UpdateParameters {
  learningRate: number;
  /** Gradients are divided by it before anything else: the scale of the loss they come from; 1 where left out. */
  gradientScale?: number;
  /** What happens to the EMA weights after the optimizer's step. */
  ema: 'skip' | 'copy' | { averageWithDecay: number };
}

/** All that training changes. `ema` is null where the recipe has none. */
export interface ModelState {
  /** The whole state dict: parameters and buffers. */
  weights: NamedTensors;
  /** Momentum buffers of the trainable parameters. */
  momentum: NamedTensors;
  ema: NamedTensors | null;
}

export type WeightsKind = 'raw' | 'ema';

export interface StepRunner {
  /** Forward and backward of one batch; its weighted gradient is added. Resolves when the GPU has done it. */
  accumulate(batch: TrainingBatch): Promise<BatchMetrics>;
  /** Optimizer step with the accumulated gradient, then EMA; the gradient is zero again after it. */
  update(parameters: UpdateParameters): void;
  /** Logits [batch, classes] in evaluation mode. */
  logits(batch: ImageBatch, weights: WeightsKind): Promise<Float32Array>;
  /** The accumulated gradient of each trainable parameter, in torch's layout; for tests and inspection. */
  readGradients(): Promise<NamedTensors>;
  readState(): Promise<ModelState>;
  writeState(state: ModelState): void;
  /** GPU bytes in use now. */
  gpuBytes(): number;
  destroy(): void;
}
