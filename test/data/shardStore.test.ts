import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatasetWriter } from '../../src/data/datasetWriter.ts';
import { databaseName, ShardStore } from '../../src/data/shardStore.ts';
import { describeStorageError } from '../../src/data/storage.ts';
import { classFolders, runImport } from './support/importing.ts';
import { FakeBitmap, FakeDecoder, readStored } from './support/reading.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const row = { format: 'image/png', widthPx: 4, heightPx: 4 };

/** Bytes that differ from sample to sample. */
function sampleBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 31 + seed * 77 + (at >> 8);
  return bytes;
}

/** A data set of `count` samples of `length` bytes, all in train but the last. */
async function writeDataset(store: ShardStore, id: string, count: number, length: number): Promise<void> {
  const writer = await DatasetWriter.begin(store, id);
  for (let i = 0; i < count; i++) {
    await writer.add({ ...row, bytes: sampleBytes(length, i), fileName: `${i}.png` });
  }
  const samples = Int32Array.from({ length: count - 1 }, (_, i) => i);
  await writer.commit(
    { name: id, classes: ['a'], trainPerClass: [count - 1], validationPerClass: [1], validationNote: '' },
    {
      train: { samples, labels: new Int32Array(count - 1) },
      validation: { samples: Int32Array.of(count - 1), labels: new Int32Array(1) },
    },
  );
}

/** Which of the written samples each decoded one is; -1 for none. */
async function decodedSeeds(id: string, indices: number[], length: number): Promise<number[]> {
  const source = await readStored(id);
  const images = await source.decode('train', indices);
  source.close();
  return images.map((image) => {
    if (image.kind !== 'bitmap' || !(image.bitmap instanceof FakeBitmap)) throw new Error('not a bitmap');
    const bytes = image.bitmap.bytes;
    return [...Array(10).keys()].findIndex((seed) => Buffer.compare(bytes, sampleBytes(length, seed)) === 0);
  });
}

describe('ShardStore', () => {
  it('keeps samples in shards of at most 8 MB and reads them in any order', async () => {
    const store = await ShardStore.open();
    expect(store.storesBlobs).toBe(true);
    await writeDataset(store, 'big', 9, 3_000_000);
    expect(await store.database.count('shards')).toBe(5);
    const shard = await store.shard('big', 0);
    expect(shard).toBeInstanceOf(Blob);
    store.close();
    expect(await decodedSeeds('big', [7, 0, 4], 3_000_000)).toEqual([7, 0, 4]);
  });

  it('falls back to small ArrayBuffers where the browser refuses Blobs', async () => {
    const clone = globalThis.structuredClone;
    vi.stubGlobal('structuredClone', (value: unknown) => {
      if (value instanceof Blob) throw new DOMException('no Blobs in private windows', 'DataCloneError');
      return clone(value);
    });
    const store = await ShardStore.open();
    expect(store.storesBlobs).toBe(false);
    await writeDataset(store, 'buffers', 9, 300_000);
    expect(await store.shard('buffers', 1)).toBeInstanceOf(ArrayBuffer);
    expect(await store.database.count('shards')).toBe(3);
    store.close();
    expect(await decodedSeeds('buffers', [5], 300_000)).toEqual([5]);
  });

  it('shows nothing of an unfinished import, and removes it at the next open', async () => {
    const store = await ShardStore.open();
    const writer = await DatasetWriter.begin(store, 'half');
    for (let i = 0; i < 4; i++) {
      await writer.add({ ...row, bytes: sampleBytes(5_000_000, i), fileName: `${i}.png` });
    }
    expect(await store.database.count('shards')).toBe(3);
    expect(await store.list()).toEqual([]);
    store.close();
    const reopened = await ShardStore.open();
    expect(await reopened.database.count('shards')).toBe(0);
    expect(await reopened.database.count('imports')).toBe(0);
    reopened.close();
  });

  it('leaves an import alone that another tab is doing', async () => {
    vi.stubGlobal('navigator', {
      locks: {
        request: (_name: string, _options: LockOptions, work: (lock: Lock | null) => Promise<void>) =>
          work(null),
      },
    });
    const store = await ShardStore.open();
    await DatasetWriter.begin(store, 'elsewhere');
    store.close();
    const reopened = await ShardStore.open();
    expect(await reopened.database.count('imports')).toBe(1);
    reopened.close();
  });

  it('lists the newest first and deletes one with all its parts', async () => {
    const store = await ShardStore.open();
    await writeDataset(store, 'old', 3, 10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await writeDataset(store, 'new', 3, 10);
    expect((await store.list()).map(({ id }) => id)).toEqual(['new', 'old']);
    await store.delete('old');
    expect((await store.list()).map(({ id }) => id)).toEqual(['new']);
    expect(await store.database.count('shards')).toBe(1);
    await expect(store.dataset('old')).rejects.toThrow('The data set "old" is not stored here');
    store.close();
  });
});

describe('IndexedDbSampleSource', () => {
  it('names the file and the data set when stored bytes have changed, and closes what it decoded', async () => {
    await runImport(await classFolders({ a: 4, b: 4 }, 'set/'));
    const store = await ShardStore.open();
    const shard = await store.shard('test', 0);
    const bytes = new Uint8Array(shard instanceof Blob ? await shard.arrayBuffer() : shard);
    const { index } = await store.dataset('test');
    const at = (index.splits.train.offsetBytes[2] ?? 0) + 40;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await store.database.put('shards', new Blob([bytes]), ['test', 0]);
    store.close();

    const decoder = new FakeDecoder();
    const source = await readStored('test', decoder);
    await expect(source.decode('train', [0, 2, 3])).rejects.toThrow(
      `${source.fileName('train', 2)} cannot be decoded: its stored bytes have changed. Delete the data set "Pictures" and import it again.`,
    );
    expect(decoder.bitmaps.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    source.close();
    expect(decoder.isClosed).toBe(true);
  });

  it('names a sample that does not exist and a data set that is gone', async () => {
    await runImport(await classFolders({ a: 4, b: 4 }));
    const source = await readStored('test');
    await expect(source.decode('validation', [2])).rejects.toThrow(
      'validation has 2 samples, there is no sample 2',
    );
    source.close();
    await expect(readStored('other')).rejects.toThrow('"other" is not stored here');
  });
});

describe('storage refused', () => {
  it.each([
    [
      'SecurityError',
      'The operation is insecure.',
      'refuses to store data for this page (The operation is insecure.). This happens in private windows',
    ],
    ['InvalidStateError', 'A mutation operation was attempted', 'Open the page in a normal window'],
    [
      'UnknownError',
      'Internal error opening backing store',
      "The browser's storage failed (Internal error opening backing store). Reload the page",
    ],
    ['VersionError', '', 'written by a newer Tabtrain'],
    ['QuotaExceededError', '', 'Storage is full'],
  ])('opening rejects with what to do: %s', async (name, detail, message) => {
    const opening = vi.spyOn(globalThis.indexedDB, 'open').mockImplementation(() => {
      throw new DOMException(detail, name);
    });
    await expect(ShardStore.open()).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining(message) as string,
    });
    expect(opening).toHaveBeenCalledWith(databaseName, 1);
  });

  it('says so where there is no IndexedDB at all', async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(ShardStore.open()).rejects.toMatchObject({ name: 'StorageError' });
  });

  it('removes everything when the space runs out half way', async () => {
    const store = await ShardStore.open();
    let shards = 0;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (this.name === 'shards' && ++shards === 2) throw new DOMException('', 'QuotaExceededError');
      return this.add(value, key);
    });
    const writer = await DatasetWriter.begin(store, 'full');
    const adding = async () => {
      for (let i = 0; i < 6; i++) {
        await writer.add({ ...row, bytes: sampleBytes(5_000_000, i), fileName: `${i}.png` });
      }
    };
    await expect(adding()).rejects.toThrow('Storage is full: the browser allows this page no more space.');
    await writer.abort();
    expect(await store.database.count('shards')).toBe(0);
    expect(await store.database.count('imports')).toBe(0);
    store.close();
  });

  it('explains errors it does not know by their own words', () => {
    expect(describeStorageError(new Error('disk on fire'))).toContain('storage failed (disk on fire)');
    expect(describeStorageError('odd')).toContain("The browser's storage failed.");
  });
});
