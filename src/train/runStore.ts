/** What is kept of a run, and where: IndexedDB in the browser (indexedDbRunStore.ts), memory in Node. */
import type { StageName } from '../engine/graph.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import type { ModelState } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { EvaluationEvent, RunStatus, StepEvent } from './events.ts';
import type { Attempt } from './attempts.ts';
import type { LadderPlace } from './reports.ts';
import type { RunnerKind } from './runners.ts';

/** Where a run stands: with the state of the model, all that the next step depends on. */
export interface RunCursor {
  epoch: number;
  /** Steps of this epoch that are done. */
  stepInEpoch: number;
  /** Optimizer steps since the run began. */
  step: number;
  imagesSeen: number;
  /** Updates the EMA holds (torch's n_averaged). */
  nAveraged: number;
  /** Sums over the epoch so far. */
  epochLoss: number;
  epochCorrect: number;
  epochImages: number;
  elapsedSeconds: number;
}

export const runStart: RunCursor = {
  epoch: 0,
  stepInEpoch: 0,
  step: 0,
  imagesSeen: 0,
  nAveraged: 0,
  epochLoss: 0,
  epochCorrect: 0,
  epochImages: 0,
  elapsedSeconds: 0,
};

export interface RunHistory {
  steps: StepEvent[];
  evaluations: EvaluationEvent[];
}

export interface RunRecord {
  id: string;
  recipe: Recipe;
  datasetId: string;
  datasetName: string;
  classes: string[];
  frozenStages: StageName[];
  /** What computes its steps: a run keeps it, so that it goes on with the same numbers. */
  runner: RunnerKind;
  /**
   * The engine's kernels, kept for the same reason: tuning may choose others meanwhile. Null until the run is first
   * opened, and in runs from before kernels were kept.
   */
  kernels: KernelChoice | null;
  status: RunStatus;
  createdAtMs: number;
  updatedAtMs: number;
  totalSteps: number;
  /** At the last checkpoint. */
  cursor: RunCursor;
  hasCheckpoint: boolean;
  lastEvaluation: EvaluationEvent | null;
  /** How fast it trained, for the next estimate on this machine; null before the first steps. */
  speed: { adapter: string; secondsPerGflop: number } | null;
  /** Absent where it is none of the ladder's, and in runs from before there was one. */
  ladder?: LadderPlace;
}

export interface RunStore {
  list(): Promise<RunRecord[]>;
  read(id: string): Promise<RunRecord | null>;
  /** A record without a checkpoint, or a new status. */
  put(record: RunRecord): Promise<void>;
  /** Record, history and state at once: after a crash there is the previous checkpoint or this one. */
  putCheckpoint(record: RunRecord, history: RunHistory, state: ModelState): Promise<{ bytes: number }>;
  readHistory(id: string): Promise<RunHistory>;
  readState(id: string): Promise<ModelState | null>;
  delete(id: string): Promise<void>;
  attempts(): Promise<Attempt[]>;
  /** Before the first step. */
  beginAttempt(attempt: Attempt): Promise<void>;
  /** After it: forgets this attempt and all that it covers. */
  endAttempt(attempt: Attempt): Promise<void>;
}

/** Keeps runs for the life of the process. */
export class MemoryRunStore implements RunStore {
  private readonly runs = new Map<
    string,
    { record: RunRecord; history: RunHistory; state: ModelState | null }
  >();

  list(): Promise<RunRecord[]> {
    return Promise.resolve([...this.runs.values()].map(({ record }) => record));
  }

  read(id: string): Promise<RunRecord | null> {
    return Promise.resolve(this.runs.get(id)?.record ?? null);
  }

  put(record: RunRecord): Promise<void> {
    const known = this.runs.get(record.id);
    this.runs.set(record.id, { history: { steps: [], evaluations: [] }, state: null, ...known, record });
    return Promise.resolve();
  }

  putCheckpoint(record: RunRecord, history: RunHistory, state: ModelState): Promise<{ bytes: number }> {
    this.runs.set(record.id, { record, history: structuredClone(history), state });
    return Promise.resolve({ bytes: 0 });
  }

  readHistory(id: string): Promise<RunHistory> {
    return Promise.resolve(this.runs.get(id)?.history ?? { steps: [], evaluations: [] });
  }

  readState(id: string): Promise<ModelState | null> {
    return Promise.resolve(this.runs.get(id)?.state ?? null);
  }

  delete(id: string): Promise<void> {
    this.runs.delete(id);
    return Promise.resolve();
  }

  /** None: memory does not outlive the process. */
  attempts(): Promise<Attempt[]> {
    return Promise.resolve([]);
  }

  beginAttempt(): Promise<void> {
    return Promise.resolve();
  }

  endAttempt(): Promise<void> {
    return Promise.resolve();
  }
}
