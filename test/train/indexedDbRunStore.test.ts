/** Runs stored by the version before, and a tab that still has it open (fake-indexeddb). */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB, type IDBPDatabase } from 'idb';
import { beforeEach, expect, it } from 'vitest';
import { IndexedDbRunStore } from '../../src/train/indexedDbRunStore.ts';

/** As version 1 made it. */
async function openVersion1(): Promise<IDBPDatabase> {
  return await openDB('tabtrain-runs', 1, {
    upgrade(created) {
      for (const name of ['runs', 'histories', 'chunks']) created.createObjectStore(name);
    },
  });
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

it('keeps what version 1 stored', async () => {
  const old = await openVersion1();
  await old.put('runs', { record: { id: 'a', updatedAtMs: 1 }, state: null, generation: 0 }, 'a');
  old.close();
  const store = await IndexedDbRunStore.open();
  expect((await store.list()).map(({ id }) => id)).toEqual(['a']);
  expect(await store.attempts()).toEqual([]);
});

it('says so where an older tab keeps it from opening', async () => {
  const old = await openVersion1();
  await expect(IndexedDbRunStore.open()).rejects.toThrow(/older Tabtrain.*Close it, then reload/);
  old.close();
});
