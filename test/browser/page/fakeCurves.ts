/** Curves that look like a run's: falling losses with noise, rising top-1, EMA behind and then ahead. */
import type { EvaluationEvent, RunHistory, StepEvent } from '../../../src/protocol.ts';
import { learningRateAt } from '../../../src/recipe/learningRate.ts';
import type { Recipe } from '../../../src/recipe/recipe.ts';

/** Repeatable noise in [-1, 1). */
function noise(index: number, stream: number): number {
  const value = Math.sin(index * 12.9898 + stream * 78.233) * 43758.5453;
  return (value - Math.floor(value)) * 2 - 1;
}

export class FakeCurves {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;

  constructor(
    private readonly recipe: Recipe,
    imageCount: number,
    private readonly imagesPerSecond: number,
  ) {
    this.stepsPerEpoch = Math.ceil(imageCount / (recipe.batchSize * recipe.worldSize));
    this.totalSteps = this.stepsPerEpoch * recipe.epochs;
  }

  #seconds(step: number): number {
    return (step * this.recipe.batchSize * this.recipe.worldSize) / this.imagesPerSecond;
  }

  #progress(step: number): number {
    return 1 - Math.exp((-3.2 * step) / this.totalSteps);
  }

  /** `step` counts from 1. */
  step(step: number): StepEvent {
    const epoch = Math.floor((step - 1) / this.stepsPerEpoch);
    const progress = this.#progress(step);
    return {
      event: 'step',
      step,
      epoch,
      stepInEpoch: (step - 1) % this.stepsPerEpoch,
      stepsPerEpoch: this.stepsPerEpoch,
      imagesSeen: step * this.recipe.batchSize * this.recipe.worldSize,
      loss: 2.62 - 1.75 * progress + 0.16 * noise(step, 1),
      top1: Math.min(1, Math.max(0, 0.09 + 0.74 * progress + 0.09 * noise(step, 2))),
      learningRate: learningRateAt(this.recipe, epoch),
      batchFingerprint: step.toString(16).padStart(16, '0'),
      imagesPerSecond: this.imagesPerSecond * (1 + 0.04 * noise(step, 3)),
      secondsLeft: this.#seconds(this.totalSteps - step),
      elapsedSeconds: this.#seconds(step),
    };
  }

  /** After `epoch`, from 0. */
  evaluation(epoch: number): EvaluationEvent {
    const step = (epoch + 1) * this.stepsPerEpoch;
    const progress = this.#progress(step);
    const ema = this.recipe.modelEma;
    return {
      event: 'evaluation',
      epoch,
      step,
      imagesSeen: step * this.recipe.batchSize * this.recipe.worldSize,
      learningRate: learningRateAt(this.recipe, epoch),
      trainLoss: 2.62 - 1.75 * progress,
      trainTop1: 0.09 + 0.74 * progress,
      valLoss: 2.6 - 1.3 * progress + 0.12 * noise(epoch, 4),
      top1: 0.08 + 0.5 * progress + 0.04 * noise(epoch, 5),
      top5: Math.min(1, 0.4 + 0.55 * progress),
      emaValLoss: ema ? 2.68 - 1.5 * progress : null,
      emaTop1: ema ? 0.06 + 0.6 * progress : null,
      emaTop5: ema ? Math.min(1, 0.38 + 0.6 * progress) : null,
      elapsedSeconds: this.#seconds(step),
    };
  }

  history(lastStep: number): RunHistory {
    return {
      steps: Array.from({ length: lastStep }, (_, i) => this.step(i + 1)),
      evaluations: Array.from({ length: Math.floor(lastStep / this.stepsPerEpoch) }, (_, epoch) =>
        this.evaluation(epoch),
      ),
    };
  }
}
