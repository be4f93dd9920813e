/**
 * Writes one data set to the shard store. Shards go in as they fill; the data set appears only with the last
 * transaction, so an import that is cancelled, fails or dies with its tab leaves nothing to see.
 */
import { crc32 } from './crc32.ts';
import type { SampleFormat, ShardData, ShardStore, SplitIndex } from './shardStore.ts';
import type { SplitSamples } from './splits.ts';
import { withStorageErrors } from './storage.ts';
import type { DatasetSummary, SplitName } from './types.ts';

const blobShardBytes = 8 * 1024 * 1024;
/** An ArrayBuffer is read whole for a single sample. */
const bufferShardBytes = 1024 * 1024;

export interface SampleToStore {
  bytes: Uint8Array<ArrayBuffer>;
  format: SampleFormat;
  widthPx: number;
  heightPx: number;
  fileName: string;
}

/** Where a sample went; what is needed for the index. */
interface StoredSample extends Omit<SampleToStore, 'bytes' | 'format'> {
  shard: number;
  offsetBytes: number;
  lengthBytes: number;
  crc32: number;
  format: number;
}

export class DatasetWriter {
  private readonly samples: StoredSample[] = [];
  private readonly formats: SampleFormat[] = [];
  private pending: Uint8Array<ArrayBuffer>[] = [];
  private pendingBytes = 0;
  private shard = 0;
  private readonly shardBytes: number;

  private constructor(
    private readonly store: ShardStore,
    private readonly datasetId: string,
  ) {
    this.shardBytes = store.storesBlobs ? blobShardBytes : bufferShardBytes;
  }

  /** Marks the import as begun. All methods reject with StorageError when the browser refuses. */
  static async begin(store: ShardStore, datasetId: string): Promise<DatasetWriter> {
    await withStorageErrors(() => store.database.put('imports', { startedAtMs: Date.now() }, datasetId));
    return new DatasetWriter(store, datasetId);
  }

  /** Adds a sample; samples are numbered from 0 in the order of the calls. Await each before the next. */
  async add(sample: SampleToStore): Promise<void> {
    const { bytes, format, widthPx, heightPx, fileName } = sample;
    if (this.pendingBytes > 0 && this.pendingBytes + bytes.length > this.shardBytes) await this.flush();
    let formatIndex = this.formats.indexOf(format);
    if (formatIndex < 0) formatIndex = this.formats.push(format) - 1;
    this.samples.push({
      shard: this.shard,
      offsetBytes: this.pendingBytes,
      lengthBytes: bytes.length,
      crc32: crc32(bytes),
      format: formatIndex,
      widthPx,
      heightPx,
      fileName,
    });
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  /** Writes the last shard and makes the data set visible, in one transaction with the end of the import. */
  async commit(
    description: Omit<DatasetSummary, 'id' | 'bytes' | 'maxEdgePx' | 'createdAtMs'>,
    splits: Record<SplitName, SplitSamples>,
  ): Promise<DatasetSummary> {
    if (this.pendingBytes > 0) await this.flush();
    const train = this.buildIndex(splits.train);
    const validation = this.buildIndex(splits.validation);
    const summary: DatasetSummary = {
      ...description,
      id: this.datasetId,
      bytes: this.samples.reduce((bytes, { lengthBytes }) => bytes + lengthBytes, 0),
      maxEdgePx: this.samples.reduce((edge, s) => Math.max(edge, s.widthPx, s.heightPx), 0),
      createdAtMs: Date.now(),
    };
    await withStorageErrors(async () => {
      const { database } = this.store;
      const transaction = database.transaction(['summaries', 'indexes', 'imports'], 'readwrite');
      const index = { formats: this.formats, splits: { train, validation } };
      await Promise.all([
        transaction.objectStore('summaries').put(summary, this.datasetId),
        transaction.objectStore('indexes').put(index, this.datasetId),
        transaction.objectStore('imports').delete(this.datasetId),
        transaction.done,
      ]);
    });
    return summary;
  }

  /** Removes everything written so far. */
  async abort(): Promise<void> {
    this.pending = [];
    await this.store.delete(this.datasetId);
  }

  private async flush(): Promise<void> {
    const blob = new Blob(this.pending);
    const data: ShardData = this.store.storesBlobs ? blob : await blob.arrayBuffer();
    await withStorageErrors(() => this.store.database.put('shards', data, [this.datasetId, this.shard]));
    this.pending = [];
    this.pendingBytes = 0;
    this.shard++;
  }

  private buildIndex({ samples, labels }: SplitSamples): SplitIndex {
    const rows = Array.from(samples, (sample) => {
      const row = this.samples[sample];
      if (row === undefined)
        throw new RangeError(`Data set: there is no sample ${sample} to put in a split.`);
      return row;
    });
    return {
      shard: Uint32Array.from(rows, (row) => row.shard),
      offsetBytes: Uint32Array.from(rows, (row) => row.offsetBytes),
      lengthBytes: Uint32Array.from(rows, (row) => row.lengthBytes),
      crc32: Uint32Array.from(rows, (row) => row.crc32),
      format: Uint8Array.from(rows, (row) => row.format),
      widthPx: Uint32Array.from(rows, (row) => row.widthPx),
      heightPx: Uint32Array.from(rows, (row) => row.heightPx),
      label: labels,
      fileNames: rows.map((row) => row.fileName),
    };
  }
}
