/**
 * The loop of one run: steps, evaluations, checkpoints. It is driven by the GPU finishing work, never by a
 * timer or an animation frame, so a hidden tab trains on.
 *
 * Steps overlap by one: while the GPU works on a step, the next batch is decoded, augmented and queued.
 */
import type { SampleSource } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { BatchMetrics, StepRunner } from '../engine/stepRunner.ts';
import { emaActionAt } from '../recipe/ema.ts';
import { learningRateAt } from '../recipe/learningRate.ts';
import { combineFingerprints } from './batchFingerprint.ts';
import { epochBatches, type BatchPlan } from './epochPlan.ts';
import { flopsPerStep } from './estimate.ts';
import { evaluate, predictShown, shownIndices, validationIndices } from './evaluate.ts';
import type { EvaluationEvent, StepEvent, TrainerEvent } from './events.ts';
import { ImagePipeline, type TrainingImages } from './pipeline.ts';
import { ProgressMeter } from './progressMeter.ts';
import type { RunHistory, RunRecord, RunStore } from './runStore.ts';
import { trainingPlan, type TrainingPlan } from './trainingPlan.ts';

/** How a call of `run` ended. */
export type RunOutcome = 'finished' | 'paused' | 'stopped';

export interface TrainerParts {
  engine: EngineDevice;
  source: SampleSource;
  runner: StepRunner;
  store: RunStore;
  /** The run as it is stored; its cursor is where it goes on. */
  record: RunRecord;
  history: RunHistory;
  emit: (event: TrainerEvent) => void;
}

/** Checkpoints at the end of an epoch are at least this far apart, so that short epochs do not write all the time. */
const checkpointIntervalSeconds = 15;
/** How often the predictions on the page follow the weights between evaluations. */
const shownImagesIntervalSeconds = 10;
/** Above this, every other step of the history is dropped: curves keep their shape, checkpoints stay small. */
const mostHistorySteps = 20_000;

/** Thrown out of `run` when the loss is no longer a number; the last checkpoint is from before it. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

export class Trainer {
  readonly pipeline: ImagePipeline;
  private readonly plan: TrainingPlan;
  private readonly validation: Int32Array;
  private readonly shown: Int32Array;
  private readonly meter = new ProgressMeter();
  private request: 'pause' | 'stop' | null = null;
  private stepsAllowed = Infinity;
  private lastCheckpointMs = performance.now();
  private lastShownMs = 0;

  constructor(private readonly parts: TrainerParts) {
    const { record, source, engine } = parts;
    this.pipeline = new ImagePipeline(engine, source, record.recipe);
    this.plan = trainingPlan(record.recipe, source);
    this.validation = validationIndices(source, record.recipe);
    this.shown = shownIndices(this.validation);
  }

  get stepsPerEpoch(): number {
    return this.plan.shape.stepsPerEpoch;
  }

  /** Asks the loop to end after the step in flight. */
  interrupt(request: 'pause' | 'stop'): void {
    this.request = request;
  }

  /**
   * Trains on from the cursor until the run is finished or interrupted; a checkpoint is written either way.
   * @param steps optimizer steps after which it pauses by itself
   * @throws DivergedError when the loss is not a number
   */
  async run(steps = Infinity): Promise<RunOutcome> {
    this.request = null;
    this.stepsAllowed = steps;
    this.parts.record.status = 'preparing';
    const { record } = this.parts;
    while (record.cursor.epoch < record.recipe.epochs) {
      await this.trainEpoch();
      const isEpochDone = record.cursor.stepInEpoch >= this.plan.shape.stepsPerEpoch;
      if (isEpochDone) await this.finishEpoch();
      if (this.isInterrupted()) {
        await this.checkpoint();
        return this.requested() === 'stop' ? 'stopped' : 'paused';
      }
    }
    await this.checkpoint();
    return 'finished';
  }

  destroy(): void {
    this.pipeline.destroy();
  }

  /** A method, since the request changes while the loop awaits. */
  private requested(): 'pause' | 'stop' | null {
    return this.request;
  }

  private isInterrupted(): boolean {
    return this.request !== null || this.stepsAllowed <= 0;
  }

  private async trainEpoch(): Promise<void> {
    const { cursor, recipe } = this.parts.record;
    if (cursor.stepInEpoch >= this.plan.shape.stepsPerEpoch) return;
    const { subset, shape } = this.plan;
    const plans = epochBatches(recipe, subset, cursor.epoch, cursor.stepInEpoch, shape);
    let inFlight: Promise<void> = Promise.resolve();
    let parts: QueuedBatch[] = [];
    let startedMs = performance.now();
    for await (const batch of this.pipeline.trainingBatches(cursor.epoch, plans)) {
      parts.push(this.queueBatch(batch));
      if (!batch.plan.isLastOfStep) continue;
      const queued = this.queueUpdate(batch.plan, parts);
      parts = [];
      await inFlight;
      const began = startedMs;
      inFlight = this.finishStep(queued, () => {
        startedMs = performance.now();
        return (startedMs - began) / 1000;
      });
      // Awaited one step later; a failure before that must not count as unhandled.
      inFlight.catch(() => undefined);
      this.stepsAllowed -= 1;
      if (this.isInterrupted()) break;
    }
    await inFlight;
  }

  private queueBatch(batch: TrainingImages): QueuedBatch {
    const metrics = this.parts.runner.accumulate({
      ...batch,
      gradientWeight: batch.plan.gradientWeight,
      updatesRunningStatistics: batch.plan.rank === 0,
    });
    // Awaited with its step; a failure before that must not count as unhandled.
    metrics.catch(() => undefined);
    return { batch, metrics };
  }

  /** Queues the optimizer and moves the cursor: from here on the step counts as done. */
  private queueUpdate(plan: BatchPlan, batches: QueuedBatch[]): QueuedStep {
    const { runner, record } = this.parts;
    const { cursor, recipe } = record;
    const learningRate = learningRateAt(recipe, cursor.epoch);
    const ema = emaActionAt(recipe, {
      epoch: cursor.epoch,
      stepInEpoch: plan.step,
      nAveraged: cursor.nAveraged,
    });
    runner.update({ learningRate, ema: ema.action });
    record.cursor = {
      ...cursor,
      stepInEpoch: plan.step + 1,
      step: cursor.step + 1,
      nAveraged: ema.nAveraged,
      imagesSeen: cursor.imagesSeen + batches.reduce((sum, { batch }) => sum + batch.batchSize, 0),
    };
    return { batches, learningRate, cursor: record.cursor };
  }

  /** Waits for the GPU, then counts and reports the step. */
  private async finishStep({ batches, learningRate, cursor }: QueuedStep, lap: () => number): Promise<void> {
    const { record, history, emit } = this.parts;
    let images = 0;
    let loss = 0;
    let correct = 0;
    const fingerprints: string[] = [];
    for (const { batch, metrics } of batches) {
      const result = await metrics;
      fingerprints.push(await batch.fingerprint);
      batch.images.destroy();
      images += batch.batchSize;
      loss += result.loss * batch.batchSize;
      correct += result.correct;
    }
    const seconds = lap();
    // Until the first step is back, its pipelines were being compiled.
    if (record.status === 'preparing') this.announceTraining();
    if (!Number.isFinite(loss)) {
      throw new DivergedError(
        `The loss is no longer a number at step ${String(cursor.step)} (learning rate ${String(learningRate)}): the run diverged. Start again with a lower learning rate or a longer warmup; the last checkpoint is kept.`,
      );
    }
    this.meter.addStep(images, seconds);
    // Only sums here: the next step may have been queued already, and has moved the rest.
    record.cursor = {
      ...record.cursor,
      epochLoss: record.cursor.epochLoss + loss,
      epochCorrect: record.cursor.epochCorrect + correct,
      epochImages: record.cursor.epochImages + images,
      elapsedSeconds: record.cursor.elapsedSeconds + seconds,
    };
    const event: StepEvent = {
      event: 'step',
      step: cursor.step,
      epoch: cursor.epoch,
      stepInEpoch: cursor.stepInEpoch,
      stepsPerEpoch: this.plan.shape.stepsPerEpoch,
      imagesSeen: cursor.imagesSeen,
      loss: loss / images,
      top1: correct / images,
      learningRate,
      batchFingerprint: combineFingerprints(fingerprints),
      imagesPerSecond: this.meter.imagesPerSecond,
      secondsLeft: this.meter.secondsLeft(
        record.totalSteps - cursor.step,
        record.recipe.epochs - cursor.epoch,
        this.validation.length * (record.recipe.modelEma ? 2 : 1),
      ),
      elapsedSeconds: record.cursor.elapsedSeconds,
    };
    history.steps.push(event);
    if (history.steps.length > mostHistorySteps) history.steps = history.steps.filter((_, i) => i % 2 === 1);
    emit(event);
    await this.showImagesNowAndThen();
  }

  private async showImagesNowAndThen(): Promise<void> {
    if (performance.now() - this.lastShownMs < shownImagesIntervalSeconds * 1000) return;
    await this.showImages();
  }

  private async showImages(): Promise<void> {
    const { runner, source, record, emit } = this.parts;
    if (this.shown.length === 0) return;
    const weights = record.recipe.modelEma && record.cursor.nAveraged > 0 ? 'ema' : 'raw';
    const images = await predictShown(runner, this.pipeline, source, this.shown, weights);
    emit({ event: 'validationImages', step: record.cursor.step, images });
    this.lastShownMs = performance.now();
  }

  /** Evaluates raw and EMA weights, then moves on to the next epoch. An interruption repeats it on resume. */
  private async finishEpoch(): Promise<void> {
    const { record, history, emit } = this.parts;
    const { recipe, cursor } = record;
    const startedMs = performance.now();
    record.status = 'evaluating';
    emit({ event: 'status', runId: record.id, status: 'evaluating', message: '' });
    const raw = await this.evaluate('raw', 0);
    const ema = recipe.modelEma ? await this.evaluate('ema', 1) : null;
    if (raw === null || (recipe.modelEma && ema === null)) return;
    await this.showImages();
    const seconds = (performance.now() - startedMs) / 1000;
    this.meter.addEvaluation(seconds);
    const event: EvaluationEvent = {
      event: 'evaluation',
      epoch: cursor.epoch,
      step: cursor.step,
      imagesSeen: cursor.imagesSeen,
      learningRate: learningRateAt(recipe, cursor.epoch),
      trainLoss: cursor.epochLoss / cursor.epochImages,
      trainTop1: cursor.epochCorrect / cursor.epochImages,
      valLoss: raw.loss / raw.images,
      top1: raw.top1 / raw.images,
      top5: raw.top5 / raw.images,
      emaValLoss: ema === null ? null : ema.loss / ema.images,
      emaTop1: ema === null ? null : ema.top1 / ema.images,
      emaTop5: ema === null ? null : ema.top5 / ema.images,
      elapsedSeconds: cursor.elapsedSeconds + seconds,
    };
    history.evaluations.push(event);
    record.lastEvaluation = event;
    record.cursor = {
      ...record.cursor,
      epoch: cursor.epoch + 1,
      stepInEpoch: 0,
      epochLoss: 0,
      epochCorrect: 0,
      epochImages: 0,
      elapsedSeconds: event.elapsedSeconds,
    };
    emit(event);
    const isDue = performance.now() - this.lastCheckpointMs > checkpointIntervalSeconds * 1000;
    if (isDue && record.cursor.epoch < recipe.epochs) await this.checkpoint();
    if (this.request === null) this.announceTraining();
  }

  private announceTraining(): void {
    const { record, emit } = this.parts;
    record.status = 'training';
    emit({ event: 'status', runId: record.id, status: 'training', message: '' });
  }

  private async evaluate(weights: 'raw' | 'ema', pass: number) {
    const { runner, record, emit } = this.parts;
    const total = this.validation.length * (record.recipe.modelEma ? 2 : 1);
    return await evaluate(
      runner,
      this.pipeline,
      this.validation,
      weights,
      record.recipe.labelSmoothing,
      (images) => {
        const done = pass * this.validation.length + images;
        emit({
          event: 'progress',
          label: `Validating, ${weights === 'raw' ? 'raw' : 'EMA'} weights`,
          done,
          total,
        });
        return this.request === null;
      },
    );
  }

  /** Reads the state back first, then stores it. Where storage fails, training goes on and says so. */
  private async checkpoint(): Promise<void> {
    const { record, history, runner, store, engine, emit } = this.parts;
    const state = await runner.readState();
    record.updatedAtMs = Date.now();
    if (this.meter.secondsPerStep > 0) {
      const gflops = flopsPerStep(record.recipe, record.classes.length) / 1e9;
      record.speed = { adapter: engine.adapterName, secondsPerGflop: this.meter.secondsPerStep / gflops };
    }
    try {
      const stored = { ...record, hasCheckpoint: true };
      const { bytes } = await store.putCheckpoint(stored, history, state);
      record.hasCheckpoint = true;
      emit({ event: 'checkpoint', step: record.cursor.step, epoch: record.cursor.epoch, bytes });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      emit({
        event: 'problem',
        kind: 'storage',
        message: `The checkpoint could not be stored, so a reload would lose this run. ${reason} You can still save the weights as a file.`,
      });
    }
    this.lastCheckpointMs = performance.now();
  }
}

interface QueuedBatch {
  batch: TrainingImages;
  metrics: Promise<BatchMetrics>;
}

interface QueuedStep {
  batches: QueuedBatch[];
  learningRate: number;
  cursor: RunRecord['cursor'];
}
