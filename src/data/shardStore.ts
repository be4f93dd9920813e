/**
 * Data sets in IndexedDB: encoded images concatenated into shards of a few megabytes, and for each split an
 * index of typed arrays that says where every sample lies. Shards are Blobs, which browsers keep on disk, so
 * a slice is read without the rest; only the index is in memory.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { StorageError, withStorageErrors } from './storage.ts';
import type { DatasetSummary, SplitName } from './types.ts';

export const databaseName = 'tabtrain-data';
const databaseVersion = 1;

/** Raw grey bytes row by row, or an encoded image by its mime type. */
export type SampleFormat = 'grey8' | (string & {});

/** Columns of equal length, one row a sample. */
export interface SplitIndex {
  shard: Uint32Array;
  offsetBytes: Uint32Array;
  lengthBytes: Uint32Array;
  crc32: Uint32Array;
  /** Index into DatasetIndex.formats. */
  format: Uint8Array;
  widthPx: Uint32Array;
  heightPx: Uint32Array;
  label: Int32Array;
  fileNames: string[];
}

export interface DatasetIndex {
  formats: SampleFormat[];
  splits: Record<SplitName, SplitIndex>;
}

export type ShardData = Blob | ArrayBuffer;

interface DataSchema extends DBSchema {
  summaries: { key: string; value: DatasetSummary };
  indexes: { key: string; value: DatasetIndex };
  shards: { key: [string, number]; value: ShardData };
  /** Imports that have begun and not ended. */
  imports: { key: string; value: { startedAtMs: number } };
}

export type DataDatabase = IDBPDatabase<DataSchema>;

/** Runs `work` while this import is marked as alive for all tabs, where the browser has Web Locks. */
export async function holdImportLock<T>(datasetId: string, work: () => Promise<T>): Promise<T> {
  const locks = webLocks();
  return locks === null ? await work() : await locks.request(lockName(datasetId), work);
}

export class ShardStore {
  private constructor(
    readonly database: DataDatabase,
    /** Blobs can be stored here; some private windows refuse them, and shards are then ArrayBuffers. */
    readonly storesBlobs: boolean,
  ) {}

  /** Opens the database and removes what interrupted imports left. Rejects with StorageError. */
  static async open(): Promise<ShardStore> {
    return await withStorageErrors(async () => {
      const database = await openDatabase();
      await removeLeftovers(database);
      return new ShardStore(database, await canStoreBlobs(database));
    });
  }

  /** Newest first. */
  async list(): Promise<DatasetSummary[]> {
    const summaries = await withStorageErrors(() => this.database.getAll('summaries'));
    return summaries.sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  async summary(datasetId: string): Promise<DatasetSummary | undefined> {
    return await withStorageErrors(() => this.database.get('summaries', datasetId));
  }

  /** Summary and index of a data set; rejects with StorageError when it is not there (any more). */
  async dataset(datasetId: string): Promise<{ summary: DatasetSummary; index: DatasetIndex }> {
    return await withStorageErrors(async () => {
      const transaction = this.database.transaction(['summaries', 'indexes']);
      const [summary, index] = await Promise.all([
        transaction.objectStore('summaries').get(datasetId),
        transaction.objectStore('indexes').get(datasetId),
      ]);
      if (summary === undefined || index === undefined) {
        throw new StorageError(
          `The data set "${datasetId}" is not stored here: it was deleted, or the browser cleared its storage. Import it again.`,
        );
      }
      return { summary, index };
    });
  }

  async shard(datasetId: string, shard: number): Promise<ShardData> {
    const data = await withStorageErrors(() => this.database.get('shards', [datasetId, shard]));
    if (data === undefined) {
      throw new StorageError(
        `Part ${shard + 1} of the data set is missing: it was deleted, or the browser cleared its storage. Import it again.`,
      );
    }
    return data;
  }

  async delete(datasetId: string): Promise<void> {
    await withStorageErrors(() => removeDataset(this.database, datasetId));
  }

  close(): void {
    this.database.close();
  }
}

async function openDatabase(): Promise<DataDatabase> {
  let whenBlocked: (error: StorageError) => void = () => undefined;
  const blocked = new Promise<never>((_, reject) => {
    whenBlocked = reject;
  });
  const opening = openDB<DataSchema>(databaseName, databaseVersion, {
    upgrade(database) {
      database.createObjectStore('summaries');
      database.createObjectStore('indexes');
      database.createObjectStore('shards');
      database.createObjectStore('imports');
    },
    blocked() {
      whenBlocked(
        new StorageError(
          'Another tab has an older Tabtrain open and holds the stored data. Close that tab and reload.',
        ),
      );
    },
    blocking(_current, _blocked, event) {
      if (event.target instanceof IDBDatabase) event.target.close();
    },
  });
  return await Promise.race([opening, blocked]);
}

/** Writes and deletes one byte: the only reliable way to know. */
async function canStoreBlobs(database: DataDatabase): Promise<boolean> {
  const key: [string, number] = ['blob-probe', 0];
  try {
    await database.put('shards', new Blob([new Uint8Array(1)]), key);
    const stored = await database.get('shards', key);
    return stored instanceof Blob && (await stored.arrayBuffer()).byteLength === 1;
  } catch {
    return false;
  } finally {
    await database.delete('shards', key);
  }
}

async function removeLeftovers(database: DataDatabase): Promise<void> {
  for (const datasetId of await database.getAllKeys('imports')) {
    const locks = webLocks();
    if (locks === null) {
      await removeDataset(database, datasetId);
      continue;
    }
    await locks.request(lockName(datasetId), { ifAvailable: true }, async (lock) => {
      // Not available: another tab is importing it right now.
      if (lock !== null) await removeDataset(database, datasetId);
    });
  }
}

async function removeDataset(database: DataDatabase, datasetId: string): Promise<void> {
  const transaction = database.transaction(['summaries', 'indexes', 'shards', 'imports'], 'readwrite');
  await Promise.all([
    transaction.objectStore('summaries').delete(datasetId),
    transaction.objectStore('indexes').delete(datasetId),
    transaction.objectStore('shards').delete(IDBKeyRange.bound([datasetId, 0], [datasetId, Infinity])),
    transaction.objectStore('imports').delete(datasetId),
    transaction.done,
  ]);
}

function lockName(datasetId: string): string {
  return `tabtrain-import-${datasetId}`;
}

/** Null in Node and on insecure pages. */
function webLocks(): LockManager | null {
  return 'navigator' in globalThis && 'locks' in navigator ? navigator.locks : null;
}
