/**
 * The ladder as the page shows it: which rungs are ticked, at which scale, what each will take, and the queue with
 * the commands that steer it. What makes the queue go on by itself is ladderDriver.ts.
 *
 * Only one tab has the queue: the one that holds a Web Lock. Another shows it, and takes over when that closes.
 */
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { safeParse } from 'valibot';
import type {
  DatasetSummary,
  DeviceReport,
  RunEstimate,
  RunnerKind,
  RunSummary,
  StartRequest,
  TrainerApi,
} from '../../protocol.ts';
import { rungNames, type RungName } from '../../recipe/ladder.ts';
import { ladderRecipe, type LadderScale, scaleProblems, scaleSchema } from '../../recipe/ladderScale.ts';
import { messageOf } from '../../format.ts';
import {
  enqueue,
  isUnfinished,
  type LadderQueue,
  type QueueAction,
  queueSecondsLeft,
  reduceQueue,
  runningItem,
  type Series,
} from './ladderQueue.ts';
import { readLadder, writeLadder } from './ladderStorage.ts';
import { isActive } from './runReducer.ts';
import type { RunsStore } from './runsStore.ts';
import type { RunStore } from './runStore.ts';

const lockName = 'tabtrain-ladder';
const estimateDelayMs = 300;

/** What the ladder needs of the rest of the page. */
export interface LadderHost {
  trainer: TrainerApi;
  device: ReadonlySignal<DeviceReport | null>;
  /** The data set that is chosen, and all. */
  dataset: ReadonlySignal<DatasetSummary | null>;
  datasets: ReadonlySignal<DatasetSummary[]>;
  runner: ReadonlySignal<RunnerKind>;
  run: RunStore;
  runs: RunsStore;
  /** Starts a run with its recipe and data shown in the set-up; false: refused, and the run store says why. */
  startRun(request: StartRequest, dataset: DatasetSummary): Promise<boolean>;
  /** Goes on with a stored one, likewise. */
  resumeRun(summary: RunSummary): Promise<boolean>;
}

export class LadderStore {
  /** As entered, right or wrong; `scale` is the last state in which all of it was right. */
  readonly enteredScale = signal<Readonly<Record<string, unknown>>>({});
  readonly scale: ReadonlySignal<LadderScale>;
  readonly scaleProblems = computed(() => scaleProblems(this.enteredScale.value));
  readonly ticked = signal<ReadonlySet<RungName>>(new Set());
  readonly queue = signal<LadderQueue | null>(null);
  /** This tab may change the queue. */
  readonly isOwner = signal(false);
  /** Another tab has the queue. */
  readonly #isElsewhere = signal(false);
  /** Settings were changed here: what is stored does not replace them any more. */
  #isEdited = false;
  /** Something the person should know of the queue as a whole. */
  readonly notice = signal<string | null>(null);
  readonly estimates = signal<ReadonlyMap<RungName, RunEstimate>>(new Map());
  readonly estimateError = signal<string | null>(null);
  /** The series whose results are shown; null: the queue's. */
  readonly chosenSeries = signal<string | null>(null);
  readonly #scale = signal<LadderScale>(readLadder().stored.scale);

  /** Seconds until the queue is trained; null where there is none, or nothing is known. */
  readonly secondsLeft = computed<number | null>(() => {
    const queue = this.queue.value;
    if (queue === null || !isUnfinished(queue)) return null;
    const { step, runId } = this.host.run.view.value;
    const isShown = step !== null && runId !== null && runId === runningItem(queue)?.runId;
    return queueSecondsLeft(queue, isShown ? step.secondsLeft : null, this.#secondsTaken(queue));
  });

  /** The next queue's, as it is set now; null without data. */
  readonly series = computed<Series | null>(() => {
    const dataset = this.host.dataset.value;
    if (dataset === null) return null;
    return {
      datasetId: dataset.id,
      datasetName: dataset.name,
      trainImages: dataset.trainPerClass.reduce((sum, count) => sum + count, 0),
      scale: this.scale.value,
      runner: this.host.runner.value,
    };
  });

  /** Why the queue cannot be started, with what to do; null when it can. */
  readonly blocker = computed<string | null>(() => {
    const device = this.host.device.value;
    const queue = this.queue.value;
    if (this.#isElsewhere.value)
      return 'The queue belongs to another tab of this page: go on there, or close it.';
    if (!this.isOwner.value) return 'Looking whether another tab has the queue …';
    if (device === null) return 'Looking for a graphics adapter …';
    if (!device.ok) return 'Training needs WebGPU: the notice above says why it is missing here.';
    if (this.scaleProblems.value.size > 0) return 'A setting needs a look: see the message beside it.';
    if (this.series.value === null) return 'There is no data to train on: choose or import some under Train.';
    if (this.ticked.value.size === 0) return 'No rung is ticked.';
    const refused = [...this.ticked.value].find((rung) => this.estimates.value.get(rung)?.refusal != null);
    if (refused !== undefined) return this.estimates.value.get(refused)?.refusal ?? null;
    if (queue !== null && isUnfinished(queue)) return 'The queue is not finished: let it end, or cancel it.';
    if (isActive(this.host.run.view.value.status)) return 'A run is training: let it end, or stop it.';
    return null;
  });

  constructor(readonly host: LadderHost) {
    this.scale = this.#scale;
    this.#read();
  }

  /** From here on the settings are kept, estimates are asked for, and the queue is this tab's once no other has it. */
  connect(): void {
    effect(() => {
      const stored = { scale: this.scale.value, ticked: [...this.ticked.value], queue: this.queue.value };
      if (!this.isOwner.value) return;
      const problem = writeLadder(stored);
      if (problem !== null) this.notice.value = problem;
    });
    this.#keepEstimates();
    this.#claim();
  }

  tick(rung: RungName, isTicked: boolean): void {
    const ticked = new Set(this.ticked.value);
    if (isTicked) ticked.add(rung);
    else ticked.delete(rung);
    this.tickAll([...ticked]);
  }

  tickAll(rungs: readonly RungName[]): void {
    this.#isEdited = true;
    this.ticked.value = new Set(rungNames.filter((rung) => rungs.includes(rung)));
  }

  setScale(name: keyof LadderScale, value: unknown): void {
    this.#isEdited = true;
    batch(() => {
      this.enteredScale.value = { ...this.enteredScale.value, [name]: value };
      const result = safeParse(scaleSchema, this.enteredScale.value);
      if (result.success) this.#scale.value = result.output;
    });
  }

  /** Trains the ticked rungs, one after the other. */
  async start(): Promise<void> {
    const series = this.series.value;
    const canStart = () => this.blocker.value === null && series === this.series.value;
    if (series === null || !canStart()) return;
    if (this.estimates.value.size === 0) {
      // Pressed at once after a change: what it takes is not known yet, nor whether it can be held.
      await this.#estimate(series, () => series === this.series.value).catch(() => undefined);
      if (!canStart()) return;
    }
    const wanted = [...this.ticked.value].map((rung) => ({
      rung,
      estimatedSeconds: this.estimates.value.get(rung)?.totalSeconds ?? null,
    }));
    batch(() => {
      this.chosenSeries.value = null;
      this.notice.value = null;
      this.queue.value = enqueue(this.queue.value, series, wanted, crypto.randomUUID());
    });
  }

  dispatch(action: QueueAction): void {
    const queue = this.queue.peek();
    if (queue !== null) this.queue.value = reduceQueue(queue, action);
  }

  /** Pauses the run and keeps the queue from going on. */
  async pause(): Promise<void> {
    this.dispatch({ type: 'hold', message: '' });
    const { status } = this.host.run.view.value;
    if (this.#isShown() && isActive(status) && status !== 'paused') await this.host.run.pause();
  }

  async goOn(): Promise<void> {
    this.dispatch({ type: 'goOn' });
    const { status, message } = this.host.run.view.value;
    // Paused with a message is a lost device: the driver takes it up.
    if (this.#isShown() && status === 'paused' && message === '') await this.host.run.resumePaused();
  }

  /** Stops the run, keeping what it reached, and goes on with the next. */
  async skip(): Promise<void> {
    await this.#endRunning('skipped');
  }

  /** Stops the run and takes back all that waits. */
  async cancel(): Promise<void> {
    this.dispatch({ type: 'remove', rung: null });
    await this.#endRunning('stopped');
  }

  remove(rung: RungName): void {
    this.dispatch({ type: 'remove', rung });
  }

  async #endRunning(status: 'skipped' | 'stopped'): Promise<void> {
    const queue = this.queue.peek();
    const item = queue === null ? null : runningItem(queue);
    if (item === null) return;
    // A run that is only being started has no name yet, but holds the trainer.
    const holdsTrainer = item.runId === null || this.#isShown();
    this.dispatch({ type: 'end', rung: item.rung, status, message: '' });
    if (holdsTrainer && isActive(this.host.run.view.value.status)) await this.host.run.stop();
  }

  /** The running item's run is the one that the training view shows. */
  #isShown(): boolean {
    const queue = this.queue.peek();
    const runId = queue === null ? null : (runningItem(queue)?.runId ?? null);
    return runId !== null && runId === this.host.run.view.peek().runId;
  }

  #secondsTaken(queue: LadderQueue): Map<RungName, number> {
    const taken = new Map<RungName, number>();
    for (const { rung, runId } of queue.items) {
      const run = this.host.runs.runs.value.find(({ id }) => id === runId);
      if (run?.lastEvaluation != null) taken.set(rung, run.lastEvaluation.elapsedSeconds);
    }
    return taken;
  }

  #read(): void {
    const { stored, message } = readLadder();
    batch(() => {
      if (!this.#isEdited) {
        this.#scale.value = stored.scale;
        this.enteredScale.value = { ...stored.scale };
        this.ticked.value = new Set(stored.ticked);
      }
      this.queue.value = stored.queue;
      if (message !== null) this.notice.value = message;
    });
  }

  #claim(): void {
    const own = () => {
      // Another tab may have gone on meanwhile.
      this.#read();
      this.isOwner.value = true;
      this.#isElsewhere.value = false;
    };
    const ownUntilClosed = () => {
      own();
      return new Promise<never>(() => undefined);
    };
    if (typeof navigator === 'undefined' || !('locks' in navigator)) {
      own();
      return;
    }
    navigator.locks
      .request(lockName, { ifAvailable: true }, (lock) => {
        if (lock !== null) return ownUntilClosed();
        this.#isElsewhere.value = true;
        return navigator.locks.request(lockName, ownUntilClosed);
      })
      .catch((error: unknown) => {
        this.notice.value = `The queue cannot be used: ${messageOf(error)}. Reload the page.`;
      });
  }

  /** One question a rung, a moment after the last change; answers to old questions are dropped. */
  #keepEstimates(): void {
    let question = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isTraining = computed(() => isActive(this.host.run.view.value.status));
    effect(() => {
      const series = this.series.value;
      const isDeviceThere = this.host.device.value?.ok === true;
      clearTimeout(timer);
      question += 1;
      this.estimates.value = new Map();
      if (series === null || !isDeviceThere || isTraining.value) return;
      const asked = question;
      timer = setTimeout(() => {
        this.#estimate(series, () => asked === question).catch((error: unknown) => {
          if (asked === question) this.estimateError.value = messageOf(error);
        });
      }, estimateDelayMs);
    });
  }

  async #estimate(series: Series, isCurrent: () => boolean): Promise<void> {
    const estimates = new Map<RungName, RunEstimate>();
    const { datasetId, runner, scale, trainImages } = series;
    for (const rung of rungNames) {
      const recipe = ladderRecipe(rung, scale, trainImages);
      estimates.set(rung, await this.host.trainer.estimate({ recipe, datasetId, frozenStages: [], runner }));
      if (!isCurrent()) return;
    }
    batch(() => {
      this.estimates.value = estimates;
      this.estimateError.value = null;
    });
  }
}
