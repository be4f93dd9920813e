/**
 * Runs in IndexedDB. A checkpoint is one transaction: new chunks in, record and history replaced, old chunks
 * out. If the tab dies in it, the browser rolls back to the previous checkpoint.
 *
 * State is cut into chunks of at most 32 MB, since a single record of 300 MB fails in private windows.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { StorageError, withStorageErrors } from '../data/storage.ts';
import type { ModelState, NamedTensors } from '../engine/stepRunner.ts';
import { covers, type Attempt } from './attempts.ts';
import type { RunHistory, RunRecord, RunStore } from './runStore.ts';

const chunkBytes = 32 * 2 ** 20;

/** Tensors one after the other in `order`, as f32. */
interface StateIndex {
  order: { table: 'weights' | 'momentum' | 'ema'; name: string; length: number }[];
  chunks: number;
}

/** As it was written: records from before kernels were kept have no such field. */
type StoredRecord = Omit<RunRecord, 'kernels'> & Partial<Pick<RunRecord, 'kernels'>>;

interface RunDatabase extends DBSchema {
  runs: { key: string; value: { record: StoredRecord; state: StateIndex | null; generation: number } };
  histories: { key: string; value: RunHistory };
  chunks: { key: [string, number, number]; value: ArrayBuffer };
  attempts: { key: number; value: Attempt };
}

const olderTab = 'A tab with an older Tabtrain keeps the stored runs open. Close it, then reload this page.';

function upgrade(database: IDBPDatabase<RunDatabase>, oldVersion: number): void {
  if (oldVersion < 1) {
    database.createObjectStore('runs');
    database.createObjectStore('histories');
    database.createObjectStore('chunks');
  }
  database.createObjectStore('attempts', { autoIncrement: true });
}

export class IndexedDbRunStore implements RunStore {
  private constructor(private readonly database: IDBPDatabase<RunDatabase>) {}

  /** @throws StorageError that says what refuses storage and what to do */
  static async open(): Promise<IndexedDbRunStore> {
    const database = await withStorageErrors(
      () =>
        new Promise<IDBPDatabase<RunDatabase>>((resolve, reject) => {
          openDB<RunDatabase>('tabtrain-runs', 2, {
            upgrade,
            blocked: () => reject(new StorageError(olderTab)),
          }).then(resolve, reject);
        }),
    );
    return new IndexedDbRunStore(database);
  }

  async list(): Promise<RunRecord[]> {
    const runs = await this.database.getAll('runs');
    return runs.map(({ record }) => complete(record)).sort((a, b) => b.updatedAtMs - a.updatedAtMs);
  }

  async read(id: string): Promise<RunRecord | null> {
    const run = await this.database.get('runs', id);
    return run === undefined ? null : complete(run.record);
  }

  async put(record: RunRecord): Promise<void> {
    await withStorageErrors(async () => {
      const transaction = this.database.transaction('runs', 'readwrite');
      const known = await transaction.store.get(record.id);
      await transaction.store.put({ state: null, generation: 0, ...known, record }, record.id);
      await transaction.done;
    });
  }

  async putCheckpoint(record: RunRecord, history: RunHistory, state: ModelState): Promise<{ bytes: number }> {
    const { index, chunks } = pack(state);
    await withStorageErrors(async () => {
      const transaction = this.database.transaction(['runs', 'histories', 'chunks'], 'readwrite');
      const runs = transaction.objectStore('runs');
      const chunkStore = transaction.objectStore('chunks');
      const generation = ((await runs.get(record.id))?.generation ?? 0) + 1;
      await Promise.all([
        ...chunks.map((chunk, i) => chunkStore.put(chunk, [record.id, generation, i])),
        chunkStore.delete(IDBKeyRange.bound([record.id], [record.id, generation], false, true)),
        transaction.objectStore('histories').put(history, record.id),
        runs.put({ record, state: index, generation }, record.id),
        transaction.done,
      ]);
    });
    return { bytes: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) };
  }

  async readHistory(id: string): Promise<RunHistory> {
    return (await this.database.get('histories', id)) ?? { steps: [], evaluations: [] };
  }

  async readState(id: string): Promise<ModelState | null> {
    const transaction = this.database.transaction(['runs', 'chunks']);
    const run = await transaction.objectStore('runs').get(id);
    const index = run?.state;
    if (run === undefined || index === null || index === undefined) return null;
    const chunks = await Promise.all(
      Array.from({ length: index.chunks }, (_, i) =>
        transaction.objectStore('chunks').get([id, run.generation, i]),
      ),
    );
    return unpack(index, chunks);
  }

  async delete(id: string): Promise<void> {
    const transaction = this.database.transaction(['runs', 'histories', 'chunks'], 'readwrite');
    await Promise.all([
      transaction.objectStore('runs').delete(id),
      transaction.objectStore('histories').delete(id),
      transaction.objectStore('chunks').delete(IDBKeyRange.bound([id], [id, Infinity])),
      transaction.done,
    ]);
  }

  async attempts(): Promise<Attempt[]> {
    return await this.database.getAll('attempts');
  }

  async beginAttempt(attempt: Attempt): Promise<void> {
    await withStorageErrors(() => this.database.add('attempts', attempt));
  }

  async endAttempt(attempt: Attempt): Promise<void> {
    await withStorageErrors(async () => {
      const transaction = this.database.transaction('attempts', 'readwrite');
      for await (const cursor of transaction.store) {
        if (covers(attempt, cursor.value)) await cursor.delete();
      }
      await transaction.done;
    });
  }
}

function complete(record: StoredRecord): RunRecord {
  return { ...record, kernels: record.kernels ?? null };
}

function pack(state: ModelState): { index: StateIndex; chunks: ArrayBuffer[] } {
  const tensors = [
    ...entries('weights', state.weights),
    ...entries('momentum', state.momentum),
    ...(state.ema === null ? [] : entries('ema', state.ema)),
  ];
  const order = tensors.map(({ table, name, values }) => ({ table, name, length: values.length }));
  const total = order.reduce((sum, { length }) => sum + length, 0);
  const all = new Float32Array(total);
  let offset = 0;
  for (const { values } of tensors) {
    all.set(values, offset);
    offset += values.length;
  }
  const count = Math.ceil(all.byteLength / chunkBytes);
  const chunks = Array.from({ length: count }, (_, i) =>
    all.buffer.slice(i * chunkBytes, (i + 1) * chunkBytes),
  );
  return { index: { order, chunks: count }, chunks };
}

function entries(table: StateIndex['order'][number]['table'], tensors: NamedTensors) {
  return [...tensors].map(([name, values]) => ({ table, name, values }));
}

function unpack(index: StateIndex, chunks: (ArrayBuffer | undefined)[]): ModelState {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + (chunk?.byteLength ?? 0), 0));
  let offset = 0;
  for (const chunk of chunks) {
    if (chunk === undefined)
      throw new Error('The checkpoint is damaged: a part of it is missing. Start the run again.');
    bytes.set(new Uint8Array(chunk), offset);
    offset += chunk.byteLength;
  }
  const all = new Float32Array(bytes.buffer);
  const tables = { weights: new Map(), momentum: new Map(), ema: new Map() } satisfies Record<
    string,
    NamedTensors
  >;
  let position = 0;
  for (const { table, name, length } of index.order) {
    tables[table].set(name, all.slice(position, position + length));
    position += length;
  }
  return { ...tables, ema: tables.ema.size === 0 ? null : tables.ema };
}
