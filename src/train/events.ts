/**
 * Everything a run says while it goes on. The page shows these, the command line prints them as JSON lines,
 * and the metric history of a run is made of them.
 */

export type RunStatus =
  /** Loading data and weights, compiling the first step. */
  'preparing' | 'training' | 'evaluating' | 'paused' | 'stopped' | 'finished' | 'failed';

export interface StatusEvent {
  event: 'status';
  runId: string;
  status: RunStatus;
  /** One sentence for the person, for example why it failed and what to do. */
  message: string;
}

/** Work before the first step, or another long job, that has a known end. */
export interface ProgressEvent {
  event: 'progress';
  label: string;
  done: number;
  total: number;
}

export interface StepEvent {
  event: 'step';
  /** Optimizer steps done since the run began. */
  step: number;
  epoch: number;
  stepInEpoch: number;
  stepsPerEpoch: number;
  imagesSeen: number;
  /** Mean loss of the global batch. */
  loss: number;
  /** Share of the global batch whose argmax is the target's argmax, in [0, 1]. */
  top1: number;
  learningRate: number;
  /** Of the step's batches as the network saw them, in order: 16 hex digits. Runs from before it was recorded have none. */
  batchFingerprint?: string;
  imagesPerSecond: number;
  /** Of the whole run, evaluations included. */
  secondsLeft: number;
  /** Seconds of training since the run began, pauses not counted. */
  elapsedSeconds: number;
}

export interface EvaluationEvent {
  event: 'evaluation';
  /** The epoch just finished, from 0. */
  epoch: number;
  step: number;
  imagesSeen: number;
  learningRate: number;
  /** Mean over the epoch's training images. */
  trainLoss: number;
  trainTop1: number;
  /** Validation with the raw weights; the loss is label-smoothed as in training. Shares in [0, 1]. */
  valLoss: number;
  top1: number;
  /** Among the top min(5, classes). */
  top5: number;
  /** The same with EMA weights; null where the recipe has no EMA. */
  emaValLoss: number | null;
  emaTop1: number | null;
  emaTop5: number | null;
  elapsedSeconds: number;
}

export interface ClassProbability {
  classIndex: number;
  probability: number;
}

/** A few validation images with what the current weights say. */
export interface ValidationImagesEvent {
  event: 'validationImages';
  step: number;
  images: { index: number; fileName: string; label: number; top: ClassProbability[] }[];
}

export interface CheckpointEvent {
  event: 'checkpoint';
  step: number;
  epoch: number;
  bytes: number;
}

/** Something the person should know and can act on; training may go on. */
export interface ProblemEvent {
  event: 'problem';
  kind: 'storage' | 'data' | 'device-lost' | 'out-of-memory' | 'diverged' | 'other';
  message: string;
}

export type TrainerEvent =
  | StatusEvent
  | ProgressEvent
  | StepEvent
  | EvaluationEvent
  | ValidationImagesEvent
  | CheckpointEvent
  | ProblemEvent;
