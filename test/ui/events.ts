/** Events with only what a test cares about spelt out. */
import type { EvaluationEvent, RunSummary, StepEvent } from '../../src/protocol.ts';
import { presets } from '../../src/recipe/presets.ts';

export function stepEvent(step: number, change: Partial<StepEvent> = {}): StepEvent {
  return {
    event: 'step',
    step,
    epoch: Math.floor((step - 1) / 10),
    stepInEpoch: (step - 1) % 10,
    stepsPerEpoch: 10,
    imagesSeen: step * 32,
    loss: 2,
    top1: 0.5,
    learningRate: 0.1,
    batchFingerprint: '0123456789abcdef',
    imagesPerSecond: 100,
    secondsLeft: 60,
    elapsedSeconds: step * 0.32,
    ...change,
  };
}

/** After `epoch` (from 0) of ten steps. */
export function evaluationEvent(epoch: number, change: Partial<EvaluationEvent> = {}): EvaluationEvent {
  return {
    event: 'evaluation',
    epoch,
    step: (epoch + 1) * 10,
    imagesSeen: (epoch + 1) * 320,
    learningRate: 0.1,
    trainLoss: 2,
    trainTop1: 0.5,
    valLoss: 2.1,
    top1: 0.4,
    top5: 0.8,
    emaValLoss: 2.2,
    emaTop1: 0.3,
    emaTop5: 0.7,
    elapsedSeconds: (epoch + 1) * 3.3,
    ...change,
  };
}

export function runSummary(id: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    recipe: presets['quick-start'].recipe,
    datasetId: 'demo',
    datasetName: 'Emoji',
    classes: ['cat', 'dog'],
    status: 'paused',
    createdAtMs: 0,
    updatedAtMs: 0,
    step: 5,
    totalSteps: 100,
    frozenStages: [],
    runner: 'engine',
    resumable: true,
    lastEvaluation: null,
    ...change,
  };
}
