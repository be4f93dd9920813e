/** The data sets stored in this browser, the one chosen, and the import in progress. */
import { computed, signal } from '@preact/signals';
import type {
  DatasetSummary,
  ImporterApi,
  ImportOptions,
  ImportProblem,
  ImportProgress,
  ImportResult,
  PathedFile,
} from '../../protocol.ts';
import { messageOf } from '../../format.ts';

export interface SampleThumbnail {
  url: string;
  label: number;
}

/** What the page asks for by default; the import dialog lets people change it. */
export const defaultImportOptions = { maxEdgePx: 512, validationFraction: 0.2, seed: 0 } as const;

const thumbnailCount = 26;

export class DataStore {
  readonly datasets = signal<DatasetSummary[]>([]);
  readonly selectedId = signal<string | null>(null);
  readonly selected = computed(
    () => this.datasets.value.find((dataset) => dataset.id === this.selectedId.value) ?? null,
  );
  readonly thumbnails = signal<SampleThumbnail[]>([]);
  /** 'demo' or 'files' while an import runs. */
  readonly importing = signal<'demo' | 'files' | null>(null);
  readonly progress = signal<ImportProgress | null>(null);
  /** Files the last import could not read. */
  readonly problems = signal<ImportProblem[]>([]);
  /** Why the last action failed, to be shown in the data panel. */
  readonly error = signal<string | null>(null);
  #demoImport: Promise<DatasetSummary | null> | null = null;

  constructor(
    private readonly importer: ImporterApi,
    private readonly demoZipUrl: string,
  ) {}

  /** Reads the list of stored data sets and chooses the newest if none is chosen. */
  async load(): Promise<void> {
    try {
      const datasets = await this.importer.listDatasets();
      datasets.sort((a, b) => b.createdAtMs - a.createdAtMs);
      this.datasets.value = datasets;
      if (this.selected.value === null) await this.select(datasets[0]?.id ?? null);
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  async select(id: string | null): Promise<void> {
    this.selectedId.value = id;
    for (const thumbnail of this.thumbnails.value) URL.revokeObjectURL(thumbnail.url);
    this.thumbnails.value = [];
    if (id === null) return;
    try {
      const samples = await this.importer.sampleImages(id, 'train', thumbnailCount);
      if (this.selectedId.value !== id) return;
      this.thumbnails.value = samples.map(({ blob, label }) => ({ url: URL.createObjectURL(blob), label }));
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  /** Imports the demo set (or finds it stored) and chooses it. Resolves with null when that failed. */
  importDemo(): Promise<DatasetSummary | null> {
    this.#demoImport ??= this.#import('demo', (onProgress) =>
      this.importer.importDemo(this.demoZipUrl, onProgress),
    ).finally(() => {
      this.#demoImport = null;
    });
    return this.#demoImport;
  }

  /** Imports dropped, picked or photographed files and chooses the result; null when that failed. */
  importFiles(files: PathedFile[], options: ImportOptions): Promise<DatasetSummary | null> {
    return this.#import('files', (onProgress) => this.importer.importFiles(files, options, onProgress));
  }

  async #import(
    kind: 'demo' | 'files',
    run: (onProgress: (progress: ImportProgress) => void) => Promise<ImportResult>,
  ): Promise<DatasetSummary | null> {
    if (this.importing.value !== null) {
      this.error.value = 'An import is already running. Wait for it to end, or cancel it.';
      return null;
    }
    this.importing.value = kind;
    this.progress.value = null;
    this.problems.value = [];
    this.error.value = null;
    try {
      const { dataset, problems } = await run((progress) => {
        this.progress.value = progress;
      });
      this.problems.value = problems;
      this.datasets.value = [dataset, ...this.datasets.value.filter((other) => other.id !== dataset.id)];
      await this.select(dataset.id);
      return dataset;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) this.error.value = messageOf(error);
      return null;
    } finally {
      this.importing.value = null;
      this.progress.value = null;
    }
  }

  async cancelImport(): Promise<void> {
    try {
      await this.importer.cancel();
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  async delete(id: string): Promise<void> {
    this.error.value = null;
    try {
      await this.importer.deleteDataset(id);
      this.datasets.value = this.datasets.value.filter((dataset) => dataset.id !== id);
      if (this.selectedId.value === id) await this.select(this.datasets.value[0]?.id ?? null);
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }
}
