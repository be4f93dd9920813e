/** The runs stored in this browser. */
import { computed, signal } from '@preact/signals';
import type { RunSummary, TrainerApi, WeightsKind } from '../../protocol.ts';
import { messageOf, weightsFileName } from '../../format.ts';

/** An earlier run that broke off: the newest that has a checkpoint and did not come to its end. */
export function unfinishedRun(runs: readonly RunSummary[]): RunSummary | null {
  return (
    runs
      .filter((run) => run.resumable && run.status !== 'finished' && run.status !== 'stopped')
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs)[0] ?? null
  );
}

export class RunsStore {
  readonly runs = signal<RunSummary[]>([]);
  readonly loaded = signal(false);
  readonly error = signal<string | null>(null);
  /** Id of the run whose weights are being written to a file. */
  readonly saving = signal<string | null>(null);
  readonly unfinished = computed(() => unfinishedRun(this.runs.value));

  constructor(private readonly trainer: TrainerApi) {}

  async load(): Promise<void> {
    try {
      const runs = await this.trainer.runs();
      this.runs.value = runs.sort((a, b) => b.updatedAtMs - a.updatedAtMs);
      this.error.value = null;
    } catch (error) {
      this.error.value = messageOf(error);
    } finally {
      this.loaded.value = true;
    }
  }

  async delete(id: string): Promise<boolean> {
    try {
      await this.trainer.deleteRun(id);
      this.runs.value = this.runs.value.filter((run) => run.id !== id);
      this.error.value = null;
      return true;
    } catch (error) {
      this.error.value = messageOf(error);
      return false;
    }
  }

  /** Writes the weights to a file in the downloads folder. Resolves with why not, or null. */
  async saveWeights(
    run: { id: string; model: string; datasetName: string },
    kind: WeightsKind,
  ): Promise<string | null> {
    this.saving.value = run.id;
    try {
      const blob = await this.trainer.exportWeights(run.id, kind);
      downloadBlob(blob, weightsFileName(run.model, run.datasetName, kind));
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      this.saving.value = null;
    }
  }
}

/** Offers a blob to the person as a file. */
export function downloadBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = fileName;
  anchor.click();
  // Some browsers read the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
