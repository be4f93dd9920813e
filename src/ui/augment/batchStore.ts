/** The batch of a step of a run: rebuilt by the inspector, compared with what the trainer recorded. */
import { effect, signal } from '@preact/signals';
import type { InspectorApi, RunSummary, StepBatch, TrainerApi } from '../../protocol.ts';
import type { InspectStore } from './inspectStore.ts';
import { Latest } from './latest.ts';

export interface RebuiltBatch {
  run: RunSummary;
  step: number;
  batch: StepBatch;
  /** What training recorded of this step; null where there is nothing to compare with. */
  recorded: string | null;
  /** Why there is not. */
  unrecorded: 'not in the history' | 'older run' | null;
}

export class BatchStore {
  readonly batch = new Latest((question: { run: RunSummary; step: number; rank: number }) =>
    this.#rebuild(question),
  );
  /** The last step that a run's history has, where it is known. */
  readonly lastStep = signal<{ runId: string; step: number } | null>(null);

  constructor(
    private readonly inspector: InspectorApi,
    private readonly trainer: TrainerApi,
  ) {}

  /** Asks for what the address says, of the runs there are, as long as the view is shown. */
  follow(store: InspectStore, runs: () => RunSummary[]): () => void {
    return effect(() => {
      const { tab, runId, step, rank } = store.address.value;
      const run = runs().find(({ id }) => id === runId);
      if (tab !== 'batch' || run === undefined) return;
      const known = this.batch.answer.peek()?.question;
      // The list of runs is read again now and then: the same run needs no new answer.
      if (known?.run.id === run.id && known.step === step && known.rank === rank) return;
      this.batch.ask({ run, step, rank });
    });
  }

  async #rebuild({
    run,
    step,
    rank,
  }: {
    run: RunSummary;
    step: number;
    rank: number;
  }): Promise<RebuiltBatch> {
    const { recipe, datasetId } = run;
    const [batch, { steps }] = await Promise.all([
      this.inspector.stepBatch({ recipe, datasetId, step }, rank),
      this.trainer.history(run.id),
    ]);
    this.lastStep.value = { runId: run.id, step: steps.at(-1)?.step ?? run.step };
    const event = steps.find((candidate) => candidate.step === step);
    if (event === undefined) return { run, step, batch, recorded: null, unrecorded: 'not in the history' };
    const recorded = event.batchFingerprint ?? null;
    return { run, step, batch, recorded, unrecorded: recorded === null ? 'older run' : null };
  }
}
