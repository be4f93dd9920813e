/**
 * What the page knows about the run it shows, as a pure function of the events so far. The curves are kept
 * apart (metricLog.ts), because they grow.
 */
import type {
  EvaluationEvent,
  ProblemEvent,
  RunStatus,
  StepEvent,
  TrainerEvent,
  ValidationImagesEvent,
  WeightsKind,
} from '../../protocol.ts';

export interface BestResult {
  top1: number;
  /** From 0. */
  epoch: number;
  weights: WeightsKind;
}

export interface RunView {
  runId: string | null;
  /** 'idle': no run yet since the page was opened. */
  status: RunStatus | 'idle';
  message: string;
  progress: { label: string; done: number; total: number } | null;
  step: StepEvent | null;
  evaluation: EvaluationEvent | null;
  best: BestResult | null;
  /** Newest last, at most five, each message once. */
  problems: ProblemEvent[];
  validationImages: ValidationImagesEvent | null;
  checkpoint: { step: number; epoch: number; bytes: number } | null;
}

export const idleRun: RunView = {
  runId: null,
  status: 'idle',
  message: '',
  progress: null,
  step: null,
  evaluation: null,
  best: null,
  problems: [],
  validationImages: null,
  checkpoint: null,
};

/** A run in these states holds the trainer: another cannot start, and the set-up is locked. */
export function isActive(status: RunView['status']): boolean {
  return isMoving(status) || status === 'paused';
}

/** The trainer is computing: closing the tab would lose work since the last checkpoint. */
export function isMoving(status: RunView['status']): boolean {
  return status === 'preparing' || status === 'training' || status === 'evaluating';
}

/** The better of the best so far and an evaluation's raw and EMA result; the earlier one on a tie. */
export function betterResult(best: BestResult | null, evaluation: EvaluationEvent): BestResult {
  let result = best ?? { top1: evaluation.top1, epoch: evaluation.epoch, weights: 'raw' };
  if (evaluation.top1 > result.top1) {
    result = { top1: evaluation.top1, epoch: evaluation.epoch, weights: 'raw' };
  }
  if (evaluation.emaTop1 !== null && evaluation.emaTop1 > result.top1) {
    result = { top1: evaluation.emaTop1, epoch: evaluation.epoch, weights: 'ema' };
  }
  return result;
}

export function reduceRun(view: RunView, event: TrainerEvent): RunView {
  switch (event.event) {
    case 'status':
      return {
        ...view,
        runId: event.runId,
        status: event.status,
        message: event.message,
        progress: event.status === 'preparing' ? view.progress : null,
      };
    case 'progress':
      return {
        ...view,
        progress:
          event.done >= event.total ? null : { label: event.label, done: event.done, total: event.total },
      };
    case 'step':
      return { ...view, step: event, progress: null };
    case 'evaluation':
      return { ...view, evaluation: event, best: betterResult(view.best, event), progress: null };
    case 'validationImages':
      return { ...view, validationImages: event };
    case 'checkpoint':
      return { ...view, checkpoint: { step: event.step, epoch: event.epoch, bytes: event.bytes } };
    case 'problem':
      return {
        ...view,
        problems: [...view.problems.filter((earlier) => earlier.message !== event.message), event].slice(-5),
      };
  }
}

/** How the status reads to a person. */
export function statusWord(status: RunView['status']): string {
  switch (status) {
    case 'idle':
      return 'ready';
    case 'preparing':
    case 'training':
    case 'evaluating':
    case 'paused':
    case 'stopped':
    case 'finished':
    case 'failed':
      return status;
  }
}
