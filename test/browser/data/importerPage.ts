/** Gives a test the real importer worker, with files made in the page. */
import * as Comlink from 'comlink';
import type { ImporterApi, ImportOptions, ImportProgress, ImportResult } from '../../../src/data/types.ts';

export interface ImporterFixture {
  importer: Comlink.Remote<ImporterApi>;
  /** The same worker, with storage refused. */
  refused: Comlink.Remote<ImporterApi>;
  /** Imports made-up files: `[path, what]`, where what is a kind below or `photo:NAME` of test/fixtures. */
  importMade(files: [string, string][], options?: Partial<ImportOptions>): Promise<ImportResult>;
  importDemo(): Promise<{ result: ImportResult; progress: ImportProgress[]; elapsedMs: number }>;
  /** Begins importing the demo set and resolves at its first progress. */
  beginDemo(): Promise<void>;
  /** Sizes and kinds of the first images of the training split. */
  sampleSizes(id: string, count: number): Promise<{ label: number; type: string; size: string }[]>;
  /** Records in each object store of the database. */
  countRecords(): Promise<Record<string, number>>;
}

declare global {
  var importerFixture: ImporterFixture | undefined;
}

const options: ImportOptions = { name: 'Made', maxEdgePx: 64, validationFraction: 0.34, seed: 0 };
const demoUrl = new URL('/demo/emoji.zip', location.href).href;

const importer = Comlink.wrap<ImporterApi>(
  new Worker(new URL('../../../workers/importer.ts', import.meta.url), { type: 'module' }),
);
const refused = Comlink.wrap<ImporterApi>(
  new Worker(new URL('./refusedWorker.ts', import.meta.url), { type: 'module' }),
);

async function draw(widthPx: number, heightPx: number, style: string, type: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2D canvas');
  context.fillStyle = style;
  context.fillRect(0, 0, widthPx, heightPx);
  return await canvas.convertToBlob({ type, quality: 0.9 });
}

async function make(what: string): Promise<Blob> {
  const [kind = '', name] = what.split(':');
  switch (kind) {
    case 'photo': {
      const url = new URL(`../../fixtures/photos/${name ?? ''}`, import.meta.url);
      return await (await fetch(url)).blob();
    }
    case 'small':
      return await draw(20, 10, name ?? 'teal', 'image/png');
    case 'large':
      return await draw(900, 300, 'teal', 'image/jpeg');
    case 'large-transparent':
      return await draw(300, 900, 'rgb(200 100 50 / 25%)', 'image/png');
    case 'truncated': {
      const whole = await draw(300, 300, 'teal', 'image/jpeg');
      return whole.slice(0, whole.size - 30);
    }
    case 'heic':
      return new Blob([new Uint8Array([0, 0, 0, 16]), 'ftypheic', new Uint8Array(40)]);
    case 'text':
      return new Blob(['not an image']);
    case 'empty':
      return new Blob([]);
    default:
      throw new Error(`unknown kind of file: ${what}`);
  }
}

async function sizeOf(blob: Blob): Promise<string> {
  const bitmap = await createImageBitmap(blob);
  return `${String(bitmap.width)}×${String(bitmap.height)}`;
}

globalThis.importerFixture = {
  importer,
  refused,
  async importMade(files, changed = {}) {
    const made = await Promise.all(files.map(async ([path, what]) => ({ path, file: await make(what) })));
    return await importer.importFiles(
      made,
      { ...options, ...changed },
      Comlink.proxy(() => undefined),
    );
  },
  async importDemo() {
    const progress: ImportProgress[] = [];
    const startedMs = performance.now();
    const onProgress = (update: ImportProgress) => progress.push(update);
    const result = await importer.importDemo(demoUrl, Comlink.proxy(onProgress));
    return { result, progress, elapsedMs: performance.now() - startedMs };
  },
  async beginDemo() {
    await new Promise<void>((resolve, reject) => {
      importer
        .importDemo(
          demoUrl,
          Comlink.proxy(() => resolve()),
        )
        .catch(reject);
    });
  },
  async sampleSizes(id, count) {
    const images = await importer.sampleImages(id, 'train', count);
    return await Promise.all(
      images.map(async ({ blob, label }) => ({ label, type: blob.type, size: await sizeOf(blob) })),
    );
  },
  async countRecords() {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('tabtrain-data');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(new Error('cannot open the database'));
    });
    const counts: Record<string, number> = {};
    for (const name of database.objectStoreNames) {
      counts[name] = await new Promise<number>((resolve) => {
        const counting = database.transaction(name).objectStore(name).count();
        counting.onsuccess = () => resolve(counting.result);
      });
    }
    database.close();
    return counts;
  },
};
