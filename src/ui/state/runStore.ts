/**
 * The run on the training view: its events, its curves and the commands that steer it.
 *
 * Events may come several hundred times a second. Each is only put away when it arrives; signals, and with
 * them the page, change at most ten times a second.
 */
import { batch, signal } from '@preact/signals';
import type {
  DatasetSummary,
  FreezableStage,
  RunSummary,
  StartRequest,
  TrainerApi,
  TrainerEvent,
} from '../../protocol.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { messageOf } from '../../format.ts';
import { MetricLog } from './metricLog.ts';
import { measured } from './performance.ts';
import { betterResult, idleRun, reduceRun, type BestResult, type RunView } from './runReducer.ts';

const flushIntervalMs = 100;

/** What the shown run trains on what. */
export interface RunSubject {
  recipe: Recipe;
  datasetId: string;
  datasetName: string;
  classes: string[];
  frozenStages: FreezableStage[];
}

/** A log that grows in place, in a new wrapper whenever it has new points: signals see the change. */
export interface Curves {
  readonly log: MetricLog;
}

export type RunCommand = 'start' | 'resume' | 'pause' | 'step' | 'stop';

export class RunStore {
  readonly view = signal<RunView>(idleRun);
  readonly subject = signal<RunSubject | null>(null);
  readonly curves = signal<Curves>({ log: new MetricLog() });
  /** The command the trainer has not answered yet. */
  readonly pendingCommand = signal<RunCommand | null>(null);
  /** Why the last command was refused. */
  readonly commandError = signal<string | null>(null);
  #pending: TrainerEvent[] = [];
  #flushScheduled = false;

  constructor(private readonly trainer: TrainerApi) {}

  async subscribe(): Promise<void> {
    try {
      await this.trainer.subscribe((event) => this.#receive(event));
    } catch (error) {
      this.commandError.value = messageOf(error);
    }
  }

  /** Starts a run on `dataset`. Resolves with false when the trainer refused; the reason is shown. */
  async start(request: StartRequest, dataset: DatasetSummary): Promise<boolean> {
    this.#show(
      {
        recipe: request.recipe,
        datasetId: dataset.id,
        datasetName: dataset.name,
        classes: dataset.classes,
        frozenStages: request.initialWeights?.frozenStages ?? [],
      },
      new MetricLog(),
      { ...idleRun, status: 'preparing' },
    );
    return this.#command('start', async () => {
      const runId = await this.trainer.start(request);
      this.view.value = { ...this.view.value, runId };
    });
  }

  /** Shows a stored run with its whole curves, without going on with it. */
  async open(summary: RunSummary): Promise<void> {
    try {
      const { log, view } = await loadRun(this.trainer, summary);
      this.#show(subjectOf(summary), log, view);
    } catch (error) {
      this.commandError.value = messageOf(error);
    }
  }

  /** Goes on with a stored run. */
  async resume(summary: RunSummary): Promise<boolean> {
    if (this.view.value.runId !== summary.id) await this.open(summary);
    this.view.value = { ...this.view.value, status: 'preparing' };
    return this.#command('resume', () => this.trainer.resume(summary.id));
  }

  /** Goes on with the paused run. */
  async resumePaused(): Promise<boolean> {
    const { runId } = this.view.value;
    return runId === null ? false : this.#command('resume', () => this.trainer.resume(runId));
  }

  pause(): Promise<boolean> {
    return this.#command('pause', () => this.trainer.pause());
  }

  step(): Promise<boolean> {
    return this.#command('step', () => this.trainer.step());
  }

  stop(): Promise<boolean> {
    return this.#command('stop', () => this.trainer.stop());
  }

  /** Forgets the shown run (it was deleted). */
  clear(): void {
    this.#pending = [];
    batch(() => {
      this.view.value = idleRun;
      this.subject.value = null;
      this.curves.value = { log: new MetricLog() };
    });
  }

  #show(subject: RunSubject, log: MetricLog, view: RunView): void {
    this.#pending = [];
    log.setSmoothing(this.curves.value.log.smoothing);
    batch(() => {
      this.subject.value = subject;
      this.curves.value = { log };
      this.view.value = view;
      this.commandError.value = null;
    });
  }

  async #command(command: RunCommand, send: () => Promise<void>): Promise<boolean> {
    const pending = this.pendingCommand.value;
    // Only a stop may overtake what is still being answered: a start can take long.
    if (pending !== null && (command !== 'stop' || pending === 'stop')) return false;
    const before = this.view.value.status;
    this.pendingCommand.value = command;
    this.commandError.value = null;
    try {
      await send();
      return true;
    } catch (error) {
      this.#flush();
      const wasStopped = error instanceof Error && error.name === 'AbortError';
      if (!wasStopped) this.commandError.value = messageOf(error);
      // Nothing began, so nothing may look as if it were running.
      const { status } = this.view.value;
      if ((command === 'start' || command === 'resume') && status === 'preparing') {
        this.view.value = {
          ...this.view.value,
          status: before === 'preparing' ? 'idle' : before,
          progress: null,
        };
      }
      return false;
    } finally {
      if (this.pendingCommand.value === command) this.pendingCommand.value = null;
    }
  }

  #receive(event: TrainerEvent): void {
    measured('tabtrain:events', () => {
      if (event.event === 'step') this.curves.peek().log.addStep(event);
      if (event.event === 'evaluation') this.curves.peek().log.addEvaluation(event);
      this.#pending.push(event);
      if (!this.#flushScheduled) {
        this.#flushScheduled = true;
        setTimeout(() => this.#flush(), flushIntervalMs);
      }
    });
  }

  #flush(): void {
    measured('tabtrain:events', () => {
      const events = this.#pending;
      this.#pending = [];
      this.#flushScheduled = false;
      if (events.length === 0) return;
      batch(() => {
        this.view.value = events.reduce(reduceRun, this.view.peek());
        this.curves.value = { log: this.curves.peek().log };
      });
    });
  }
}

function subjectOf(summary: RunSummary): RunSubject {
  const { recipe, datasetId, datasetName, classes, frozenStages } = summary;
  return { recipe, datasetId, datasetName, classes, frozenStages };
}

/** A stored run's curves and last figures. */
export async function loadRun(
  trainer: TrainerApi,
  summary: RunSummary,
): Promise<{ log: MetricLog; view: RunView }> {
  const history = await trainer.history(summary.id);
  const view: RunView = {
    ...idleRun,
    runId: summary.id,
    step: history.steps.at(-1) ?? null,
    evaluation: history.evaluations.at(-1) ?? summary.lastEvaluation,
    best: history.evaluations.reduce<BestResult | null>(betterResult, null),
  };
  return { log: MetricLog.fromHistory(history), view };
}
