/** What the importer worker offers the page: one import at a time, and the stored data sets. */
import { browserImageCodec } from './browserImageCodec.ts';
import { ImportError } from './importError.ts';
import { importFiles } from './importFiles.ts';
import { sampleEncodedImages } from './indexedDbSource.ts';
import { ShardStore } from './shardStore.ts';
import type {
  DatasetSummary,
  ImporterApi,
  ImportOptions,
  ImportProgress,
  ImportResult,
  PathedFile,
  SplitName,
} from './types.ts';

export const demoDatasetId = 'demo-emoji';

const demoOptions: ImportOptions = {
  name: 'Emoji styles',
  maxEdgePx: 512,
  validationFraction: 0.2,
  seed: 0,
};
/** Progress is for people: more often than this only costs messages. */
const progressIntervalMs = 50;

export class Importer implements ImporterApi {
  private running: AbortController | null = null;
  private opening: Promise<ShardStore> | null = null;

  async importFiles(
    files: PathedFile[],
    options: ImportOptions,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportResult> {
    return await this.exclusively((signal) =>
      this.import(files, options, newDatasetId(), signal, onProgress),
    );
  }

  async importDemo(zipUrl: string, onProgress: (progress: ImportProgress) => void): Promise<ImportResult> {
    return await this.exclusively(async (signal) => {
      const stored = await (await this.store()).summary(demoDatasetId);
      if (stored !== undefined) return { dataset: stored, problems: [] };
      const file = await fetchZip(zipUrl, signal);
      return await this.import([{ path: 'emoji.zip', file }], demoOptions, demoDatasetId, signal, onProgress);
    });
  }

  cancel(): Promise<void> {
    this.running?.abort(new DOMException('The import was cancelled. Nothing was stored.', 'AbortError'));
    return Promise.resolve();
  }

  async listDatasets(): Promise<DatasetSummary[]> {
    return await (await this.store()).list();
  }

  async deleteDataset(id: string): Promise<void> {
    await (await this.store()).delete(id);
  }

  async sampleImages(id: string, split: SplitName, count: number): Promise<{ blob: Blob; label: number }[]> {
    return await sampleEncodedImages(await this.store(), id, split, count);
  }

  private async import(
    files: readonly PathedFile[],
    options: ImportOptions,
    datasetId: string,
    signal: AbortSignal,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportResult> {
    const store = await this.store();
    const tools = { store, codec: browserImageCodec, signal, onProgress: throttled(onProgress) };
    return await importFiles({ files, options, datasetId }, tools);
  }

  /** Opened at the first use, and again after a failure: site data may have been allowed meanwhile. */
  private store(): Promise<ShardStore> {
    const opening = (this.opening ??= ShardStore.open());
    opening.catch(() => {
      this.opening = null;
    });
    return opening;
  }

  private async exclusively(work: (signal: AbortSignal) => Promise<ImportResult>): Promise<ImportResult> {
    if (this.running !== null) {
      throw new ImportError('Another import is going on. Wait until it has ended, or cancel it.');
    }
    const controller = new AbortController();
    this.running = controller;
    try {
      return await work(controller.signal);
    } finally {
      this.running = null;
    }
  }
}

function newDatasetId(): string {
  const words = crypto.getRandomValues(new Uint32Array(3));
  return `data-${[...words].map((word) => word.toString(36)).join('')}`;
}

async function fetchZip(url: string, signal: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportError(
      `The demo data set could not be loaded from ${url} (${reason}). Check the connection and try again.`,
    );
  }
  if (!response.ok) {
    throw new ImportError(
      `The demo data set could not be loaded from ${url} (HTTP ${response.status}). Reload the page and try again.`,
    );
  }
  return await response.blob();
}

/** Passes on the first, the last and every so often one. */
function throttled(onProgress: (progress: ImportProgress) => void): (progress: ImportProgress) => void {
  let lastMs = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (progress.done < progress.total && now - lastMs < progressIntervalMs) return;
    lastMs = now;
    onProgress(progress);
  };
}
