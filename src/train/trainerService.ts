/**
 * Everything the page asks of training, over one open run at a time: device, estimates, start, pause, resume,
 * predictions, weights. What it needs of the platform is passed in, so it runs in a worker and in tests.
 */
import type { DecodedImage, SampleSource, SplitName } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import { OutOfMemoryError } from '../engine/runtime/allocate.ts';
import { SubmitPacing } from '../engine/runtime/submitPacing.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import type { ModelState, StepRunner } from '../engine/stepRunner.ts';
import { inspectWeightsFile, readWeightsFile } from '../exchange/weightsFile.ts';
import { initialWeights } from '../model/initialWeights.ts';
import { buildResNet } from '../model/resnet.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { FirstStep } from './attempts.ts';
import { DeviceKernels } from './deviceKernels.ts';
import { DeviceTasks, type OnDeviceProgress } from './deviceTasks.ts';
import { summariseRun } from './runSummary.ts';
import { writeRunWeights } from './runWeights.ts';
import { estimateRun } from './estimate.ts';
import type { RunStatus, TrainerEvent } from './events.ts';
import { Machine } from './machine.ts';
import { topClasses } from './metrics.ts';
import { CannotTrainError, createRun, emptyHistory, initialState, openTrainer } from './openTrainer.ts';
import type {
  ComparisonQuestion,
  DeviceReport,
  EstimateQuestion,
  KernelsReport,
  Prediction,
  RunEstimate,
  RunnerKind,
  RunSummary,
  StartRequest,
  StepComparison,
  WeightsKind,
  WeightsReport,
} from './reports.ts';
import { lockRun } from './runLock.ts';
import type { RunHistory, RunRecord, RunStore } from './runStore.ts';
import { DivergedError, type Trainer } from './trainer.ts';
import type { TuningStore } from './tuningStore.ts';

/** A data set as the trainer and the page see it. */
export interface BrowsableSource extends SampleSource {
  /** The stored file of a sample. */
  encoded(split: SplitName, index: number): Promise<Blob>;
}

export interface Platform {
  requestDevice(): Promise<EngineDevice>;
  openSource(datasetId: string): Promise<BrowsableSource>;
  openStore(): Promise<RunStore>;
  /** Decodes a picture to try, upright. Rejects with a message to show. */
  decodeImage(file: Blob): Promise<DecodedImage>;
  openTunings(): Promise<TuningStore>;
  /** Name and version: a tuning holds for one. */
  browser: string;
  /** What a step may take on the GPU; see MachineLimits. */
  memoryBudgetBytes: number;
}

interface OpenRun {
  record: RunRecord;
  history: RunHistory;
  source: BrowsableSource;
  trainer: Trainer;
  runner: StepRunner;
  engine: EngineDevice;
  release: () => void;
  /** The loop, while it runs. */
  loop: Promise<void> | null;
  firstStep: FirstStep;
}

export class TrainerService {
  private readonly machine: Machine;
  private readonly pacing = new SubmitPacing();
  private readonly deviceKernels: DeviceKernels;
  private readonly deviceTasks: DeviceTasks;
  private store: Promise<RunStore> | null = null;
  private onEvent: (event: TrainerEvent) => void = () => undefined;
  private open: OpenRun | null = null;
  private readonly sources = new Map<string, Promise<BrowsableSource>>();
  /** A run that is being opened, which `stop` can still prevent. */
  private opening: { isStopped: boolean } | null = null;

  constructor(private readonly platform: Platform) {
    this.deviceKernels = new DeviceKernels(() => platform.openTunings(), platform.browser);
    this.machine = new Machine(
      () => platform.requestDevice(),
      this.deviceKernels,
      platform.memoryBudgetBytes,
    );
    this.deviceTasks = new DeviceTasks(this.machine, this.deviceKernels, (purpose) => {
      this.requireIdle(purpose);
      if (this.opening === null) return;
      throw new CannotTrainError(`A run is being prepared in this tab. Stop it to ${purpose}.`);
    });
  }

  async device(): Promise<DeviceReport> {
    return await this.machine.report();
  }

  subscribe(onEvent: (event: TrainerEvent) => void): Promise<void> {
    this.onEvent = onEvent;
    return Promise.resolve();
  }

  async estimate({ recipe, datasetId, frozenStages, runner }: EstimateQuestion): Promise<RunEstimate> {
    const source = await this.source(datasetId);
    const [earlierRuns, begun] = await this.runStore().then(
      (store) => Promise.all([store.list(), store.attempts()]),
      () => [[], []],
    );
    const speed = await this.machine.speed(runner, earlierRuns);
    const limits = await this.machine.limits();
    const { adapterName } = await this.machine.device();
    const attempts = begun.filter((attempt) => attempt.adapter === adapterName && attempt.runner === runner);
    return estimateRun({ recipe, source, frozenStages, runner, speed, limits, attempts });
  }

  setPageVisible(isVisible: boolean): Promise<void> {
    this.pacing.isPageVisible = isVisible;
    return Promise.resolve();
  }

  async inspectWeights(file: Blob, recipe: Recipe, datasetId: string): Promise<WeightsReport> {
    const { summary } = await this.source(datasetId);
    return await inspectWeightsFile(file, { model: recipe.model, classCount: summary.classes.length });
  }

  async start(request: StartRequest): Promise<string> {
    const { recipe, datasetId, initialWeights: start, runner: wanted, ladder } = request;
    this.requireIdle('start another run');
    const source = await this.source(datasetId);
    const frozenStages = start?.frozenStages ?? [];
    const { runner, kernels } = await this.runnerFor(wanted);
    const record = createRun(recipe, source, frozenStages, runner, crypto.randomUUID());
    record.kernels = kernels;
    if (ladder !== undefined) record.ladder = ladder;
    const { refusal } = await this.estimate({ recipe, datasetId, frozenStages, runner });
    if (refusal !== null) throw new CannotTrainError(refusal);
    const classCount = record.classes.length;
    const fresh = initialWeights(buildResNet(recipe.model, classCount), recipe.seed);
    const weights =
      start === null ? fresh : await readWeightsFile(start.file, { model: recipe.model, classCount }, fresh);
    await this.unlessStopped(() =>
      this.openRun(record, emptyHistory(), initialState(recipe, classCount, weights)),
    );
    this.continueRun(Infinity);
    return record.id;
  }

  async resume(runId: string): Promise<void> {
    this.requireIdle('resume a run');
    await this.unlessStopped(() => this.ensureOpen(runId));
    this.continueRun(Infinity);
  }

  async pause(): Promise<void> {
    await this.interrupt('pause');
  }

  async step(): Promise<void> {
    this.requireIdle('take a single step');
    if (this.open === null)
      throw new CannotTrainError('There is no run to take a step of. Press Train first.');
    this.continueRun(1);
    await this.open.loop;
  }

  async stop(): Promise<void> {
    if (this.opening !== null) this.opening.isStopped = true;
    if (this.open?.loop != null) await this.interrupt('stop');
    else if (this.open !== null) await this.setStatus(this.open, 'stopped', '');
  }

  async predict(image: Blob, weights: WeightsKind): Promise<Prediction> {
    if (this.open === null) await this.openLatestRun();
    const run = this.open;
    if (run === null) throw new CannotTrainError('There is no trained model yet. Press Train first.');
    const decoded = await this.platform.decodeImage(image);
    const batch = run.trainer.pipeline.singleImage(decoded);
    const { cursor, classes, recipe } = run.record;
    const kind = recipe.modelEma ? weights : 'raw';
    const logits = await run.runner.logits(batch, kind);
    batch.images.destroy();
    return { top: topClasses(logits, 5), classes, weights: kind, step: cursor.step };
  }

  async exportWeights(runId: string, weights: WeightsKind): Promise<Blob> {
    const run = this.open?.record.id === runId ? this.open : null;
    const store = await this.runStore();
    const record = run?.record ?? (await store.read(runId));
    const state = run === null ? await store.readState(runId) : await run.runner.readState();
    if (record === null || state === null) {
      throw new CannotTrainError('This run has no saved weights: it ended before its first checkpoint.');
    }
    return writeRunWeights(record, state, weights);
  }

  async runs(): Promise<RunSummary[]> {
    const store = await this.runStore();
    const open = this.open?.record ?? null;
    return (await store.list()).map((stored) => summariseRun(stored, open?.id === stored.id ? open : null));
  }

  async history(runId: string): Promise<RunHistory> {
    if (this.open?.record.id === runId) return this.open.history;
    return await (await this.runStore()).readHistory(runId);
  }

  async deleteRun(runId: string): Promise<void> {
    if (this.open?.record.id === runId) {
      this.requireIdle('delete it');
      this.closeRun();
    }
    await (await this.runStore()).delete(runId);
  }

  async datasetImage(datasetId: string, split: SplitName, index: number): Promise<Blob> {
    return await (await this.source(datasetId)).encoded(split, index);
  }

  kernels(): Promise<KernelsReport> {
    return this.deviceTasks.kernels();
  }

  selfTest(onProgress: OnDeviceProgress): Promise<KernelsReport> {
    return this.deviceTasks.selfTest(onProgress);
  }

  tune(onProgress: OnDeviceProgress): Promise<KernelsReport> {
    return this.deviceTasks.tune(onProgress);
  }

  compareRunners(question: ComparisonQuestion, onProgress: OnDeviceProgress): Promise<StepComparison> {
    return this.deviceTasks.compareRunners(question, onProgress);
  }

  cancelDeviceTask(): Promise<void> {
    this.deviceTasks.cancel();
    return Promise.resolve();
  }

  /** The engine with kernels that are right here; where there are none, plain tfjs, and the page is told why. */
  private async runnerFor(wanted: RunnerKind): Promise<{ runner: RunnerKind; kernels: KernelChoice | null }> {
    if (wanted === 'tfjs') return { runner: wanted, kernels: null };
    const { choice, message } = await this.deviceKernels.decide(await this.machine.device());
    if (message !== null) this.emit({ event: 'problem', kind: 'other', message });
    return { runner: choice === null ? 'tfjs' : wanted, kernels: choice };
  }

  /** Opens a stored run where it was checkpointed; nothing to do when it is open already. */
  private async ensureOpen(runId: string): Promise<void> {
    if (this.open?.record.id === runId) return;
    const store = await this.runStore();
    const record = await store.read(runId);
    const state = await store.readState(runId);
    if (record === null || state === null) {
      throw new CannotTrainError('This run has no checkpoint to go on from. Start it again.');
    }
    await this.openRun(record, await store.readHistory(runId), state);
  }

  /** Opens a run; where `stop` comes in meanwhile, closes it again and rejects with an AbortError. */
  private async unlessStopped(openRun: () => Promise<void>): Promise<void> {
    // One may have begun while the run was looked up.
    this.deviceTasks.requireNone('open a run');
    const opening = { isStopped: false };
    this.opening = opening;
    try {
      await openRun();
    } finally {
      this.opening = null;
    }
    if (!opening.isStopped) return;
    this.closeRun();
    throw new DOMException('Stopped before the first step.', 'AbortError');
  }

  private async openLatestRun(): Promise<void> {
    const latest = (await (await this.runStore()).list()).find((record) => record.hasCheckpoint);
    if (latest !== undefined) await this.ensureOpen(latest.id);
  }

  private async openRun(record: RunRecord, history: RunHistory, state: ModelState): Promise<void> {
    this.closeRun();
    const release = await lockRun(record.id);
    try {
      this.emit({ event: 'status', runId: record.id, status: 'preparing', message: 'Loading the weights.' });
      const [engine, source, store] = await Promise.all([
        this.machine.device(),
        this.source(record.datasetId),
        this.runStore(),
      ]);
      const firstStep = new FirstStep(record, engine, () => this.runStore());
      const emit = (event: TrainerEvent) => {
        if (event.event === 'step') firstStep.end();
        this.emit(event);
      };
      const { pacing } = this;
      const opened = await openTrainer({ engine, source, store, record, history, state, pacing, emit });
      this.open = { record, history, source, engine, release, loop: null, firstStep, ...opened };
    } catch (error) {
      release();
      throw error;
    }
  }

  private closeRun(): void {
    const run = this.open;
    if (run === null) return;
    this.open = null;
    run.trainer.destroy();
    run.runner.destroy();
    run.release();
  }

  private continueRun(steps: number): void {
    const run = this.open;
    if (run === null) return;
    run.loop = this.loop(run, steps).finally(() => (run.loop = null));
  }

  private async loop(run: OpenRun, steps: number): Promise<void> {
    await this.setStatus(run, 'preparing', 'Compiling the step for this GPU.');
    try {
      await run.firstStep.begin();
      const outcome: RunStatus = await run.trainer.run(steps);
      run.firstStep.end();
      await this.setStatus(run, outcome, '');
    } catch (error) {
      await this.fail(run, error);
    }
  }

  /** The open weights are not to be trusted any more: closes the run, whose last checkpoint stays. */
  private async fail(run: OpenRun, error: unknown): Promise<void> {
    const lost = await this.machine.takeLoss(run.engine);
    const reason = error instanceof Error ? error.message : String(error);
    const isOutOfMemory = error instanceof OutOfMemoryError;
    // What ran out of memory or took the device along stays marked.
    if (lost === null && !isOutOfMemory) run.firstStep.end();
    if (this.open === run) this.closeRun();
    if (lost === null) {
      const kind = isOutOfMemory ? 'out-of-memory' : error instanceof DivergedError ? 'diverged' : 'other';
      this.emit({ event: 'problem', kind, message: reason });
      await this.setStatus(run, 'failed', reason);
      return;
    }
    const message = run.record.hasCheckpoint
      ? `The graphics device was lost (${lost}). Resume goes on from the last checkpoint.`
      : `The graphics device was lost (${lost}) before the first checkpoint. Start the run again.`;
    this.emit({ event: 'problem', kind: 'device-lost', message });
    await this.setStatus(run, run.record.hasCheckpoint ? 'paused' : 'failed', message);
  }

  private async interrupt(request: 'pause' | 'stop'): Promise<void> {
    const run = this.open;
    if (run?.loop == null) return;
    run.trainer.interrupt(request);
    await run.loop;
  }

  /** Tells the page, and keeps it with the run; the stored cursor stays that of the checkpoint. */
  private async setStatus(run: OpenRun, status: RunStatus, message: string): Promise<void> {
    run.record.status = status;
    try {
      const store = await this.runStore();
      const stored = (await store.read(run.record.id)) ?? run.record;
      await store.put({ ...stored, status, updatedAtMs: Date.now() });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.emit({ event: 'problem', kind: 'storage', message: `The run is not kept for later. ${reason}` });
    }
    this.emit({ event: 'status', runId: run.record.id, status, message });
  }

  private requireIdle(purpose: string): void {
    this.deviceTasks.requireNone(purpose);
    if (this.open?.loop == null) return;
    throw new CannotTrainError(`A run is training in this tab. Pause or stop it to ${purpose}.`);
  }

  private emit(event: TrainerEvent): void {
    this.onEvent(event);
  }

  private async runStore(): Promise<RunStore> {
    this.store ??= this.platform.openStore();
    try {
      return await this.store;
    } catch (error) {
      this.store = null;
      throw error;
    }
  }

  /** Data sets stay open: opening reads their index. */
  private async source(datasetId: string): Promise<BrowsableSource> {
    const known = this.sources.get(datasetId);
    if (known !== undefined) return await known;
    const opening = this.platform.openSource(datasetId);
    this.sources.set(datasetId, opening);
    try {
      return await opening;
    } catch (error) {
      this.sources.delete(datasetId);
      throw error;
    }
  }
}
