import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { sampleEncodedImages } from '../../src/data/indexedDbSource.ts';
import { ShardStore } from '../../src/data/shardStore.ts';
import type { ImportProgress } from '../../src/data/types.ts';
import { classFolders, file, flatPng, importOptions, runImport } from './support/importing.ts';
import { FakeBitmap, readStored } from './support/reading.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

function photo(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../fixtures/photos/${name}`, import.meta.url)));
}

/** What is in the database, leftovers included. */
async function stored() {
  const store = await ShardStore.open();
  const { database } = store;
  const [summaries, indexes, shards, imports] = await Promise.all([
    database.getAllKeys('summaries'),
    database.getAllKeys('indexes'),
    database.getAllKeys('shards'),
    database.getAllKeys('imports'),
  ]);
  store.close();
  return { summaries, indexes, shards, imports };
}
const nothing = { summaries: [], indexes: [], shards: [], imports: [] };

describe('importFiles', () => {
  it('stores original bytes, in order, split by seed', async () => {
    const files = await classFolders({ dog: 10, cat: 5 }, 'photos/');
    const { dataset, problems } = await runImport(files);
    expect(problems).toEqual([]);
    expect(dataset).toMatchObject({
      id: 'test',
      name: 'Pictures',
      classes: ['cat', 'dog'],
      trainPerClass: [4, 8],
      validationPerClass: [1, 2],
      maxEdgePx: 8,
      validationNote: 'Measured on 20 % of the images of each class, drawn with seed 0 and never trained on.',
    });
    const source = await readStored('test');
    expect([...source.labels('train')]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    const names = [...source.labels('train').keys()].map((index) => source.fileName('train', index));
    expect(names).toEqual([...names].sort());
    const images = await source.decode('train', [11, 0]);
    for (const [at, index] of [11, 0].entries()) {
      const original = files.find(({ path }) => path === source.fileName('train', index));
      const image = images[at];
      if (image?.kind !== 'bitmap' || !(image.bitmap instanceof FakeBitmap)) throw new Error('not a bitmap');
      expect(image.bitmap.bytes).toEqual(
        new Uint8Array((await original?.file.arrayBuffer()) ?? new ArrayBuffer()),
      );
    }
    source.close();
  });

  it('gives the same split for the same seed, whatever the order of the files', async () => {
    const files = await classFolders({ a: 9, b: 9 });
    const names = async (id: string) => {
      const source = await readStored(id);
      return source
        .labels('validation')
        .reduce<string[]>((all, _, i) => [...all, source.fileName('validation', i)], []);
    };
    await runImport(files, { datasetId: 'one' });
    await runImport([...files].reverse(), { datasetId: 'two' });
    await runImport(files, { datasetId: 'three', options: { seed: 5 } });
    expect(await names('two')).toEqual(await names('one'));
    expect(await names('three')).not.toEqual(await names('one'));
  });

  it('shrinks what is larger than the edge, upright', async () => {
    const files = [
      ...(await classFolders({ a: 2, b: 2 })),
      file('a/large.png', await flatPng(9, 200, 100)),
      file('b/turned.jpg', photo('orientation-6.jpg')),
    ];
    const { dataset } = await runImport(files, { options: { maxEdgePx: 32, validationFraction: 0.01 } });
    expect(dataset.maxEdgePx).toBe(32);
    const store = await ShardStore.open();
    const { index } = await store.dataset('test');
    const { fileNames, widthPx, heightPx, format } = index.splits.train;
    const sizes = fileNames.map(
      (name, at) =>
        `${name} ${widthPx[at] ?? 0}×${heightPx[at] ?? 0} ${index.formats[format[at] ?? 0] ?? ''}`,
    );
    expect(sizes).toContain('a/large.png 32×16 image/jpeg');
    // 40×24 turned by 90°, then shrunk to 32.
    expect(sizes).toContain('b/turned.jpg 19×32 image/jpeg');
    store.close();
  });

  it('lists the files it could not read and imports the rest', async () => {
    const jpeg = photo('full-chroma.jpg');
    const heic = Uint8Array.from([0, 0, 0, 16, ...new TextEncoder().encode('ftypheic'), 0, 0, 0, 0]);
    const { dataset, problems } = await runImport([
      ...(await classFolders({ a: 4, b: 4 })),
      file('a/good.jpg', jpeg),
      file('a/cut.jpg', jpeg.slice(0, -50)),
      file('a/IMG_1.HEIC', heic),
      file('a/empty.png', new Uint8Array(0)),
      file('b/notes.txt', 'hello'),
      file('b/renamed.jpg', 'this is text'),
      file('b/one-pixel.png', photo('one-pixel.png')),
      file('b/grey.jpg', photo('grey.jpg')),
      file('b/cmyk.jpg', photo('cmyk.jpg')),
      file('b/alpha.png', photo('alpha.png')),
    ]);
    expect(
      dataset.trainPerClass.map((count, label) => count + (dataset.validationPerClass[label] ?? 0)),
    ).toEqual([5, 8]);
    expect(Object.fromEntries(problems.map(({ path, message }) => [path, message]))).toEqual({
      'b/notes.txt': 'is a text file or document, not an image.',
      'a/cut.jpg': 'is truncated: its end is missing. Copy or download it again.',
      'a/IMG_1.HEIC': 'is HEIC, which this browser cannot decode: export it as JPEG.',
      'a/empty.png': 'is empty (0 bytes).',
      'b/renamed.jpg': 'is a text file, not an image.',
    });
  });

  it('says when a damaged file does not decode', async () => {
    const damaged = photo('opaque.png');
    damaged.fill(0, 45, 90);
    const { problems } = await runImport([
      ...(await classFolders({ a: 3, b: 3 })),
      file('a/bad.png', damaged),
    ]);
    expect(problems).toEqual([
      {
        path: 'a/bad.png',
        message: 'is a PNG file that does not decode: it is damaged. Save it again as JPEG or PNG.',
      },
    ]);
  });

  it('refuses a picture of more than 100 megapixels by its header', async () => {
    const huge = photo('opaque.png');
    new DataView(huge.buffer).setUint32(16, 30_000);
    new DataView(huge.buffer).setUint32(20, 20_000);
    const { problems } = await runImport([...(await classFolders({ a: 3, b: 3 })), file('a/huge.png', huge)]);
    expect(problems[0]?.message).toBe('has 600 megapixels (30000×20000); the limit is 100. Save it smaller.');
  });

  it('trains a class with one image and says that it cannot be validated', async () => {
    const { dataset, problems } = await runImport(await classFolders({ a: 5, b: 5, rare: 1 }));
    expect(dataset.trainPerClass).toEqual([4, 4, 1]);
    expect(dataset.validationPerClass).toEqual([1, 1, 0]);
    expect(problems).toEqual([
      {
        path: 'rare',
        message:
          'This class has only one image, used for training, and none to validate with. Add more images of it.',
      },
    ]);
  });

  it('uses train and val folders, and leaves out classes without training images', async () => {
    const { dataset, problems } = await runImport([
      ...(await classFolders({ a: 2, b: 2 }, 'set/train/')),
      ...(await classFolders({ a: 1, c: 2 }, 'set/val/')),
    ]);
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(dataset.trainPerClass).toEqual([2, 2]);
    expect(dataset.validationPerClass).toEqual([1, 0]);
    expect(problems.map(({ path }) => path)).toEqual(['c', 'b']);
    expect(problems[0]?.message).toContain('its 2 validation images were left out');
  });

  it('leaves out a class none of whose files is an image', async () => {
    const { dataset, problems } = await runImport([
      ...(await classFolders({ a: 2, b: 2 })),
      file('c/1.jpg', 'text'),
    ]);
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(problems.map(({ path }) => path)).toEqual(['c/1.jpg', 'c']);
  });

  it('takes name and validation note from dataset.json', async () => {
    const manifest = JSON.stringify({ name: 'Mine', validationNote: 'A new style.', classes: ['a', 'b'] });
    const { dataset, problems } = await runImport([
      ...(await classFolders({ a: 2, b: 2 }, 's/')),
      file('s/dataset.json', manifest),
    ]);
    expect(dataset).toMatchObject({ name: 'Mine', validationNote: 'A new style.' });
    expect(problems).toEqual([]);
    const wrong = [...(await classFolders({ a: 2, b: 2 })), file('dataset.json', '{"name": 3}')];
    await expect(runImport(wrong, { datasetId: 'wrong' })).rejects.toThrow(/dataset.json is not a valid/);
  });

  it.each([
    ['nothing', [], 'The folder is empty'],
    [
      'only text',
      [file('a/1.txt', 'x'), file('b/2.txt', 'y')],
      'There are no images here, only text files (a/1.txt and 1 more)',
    ],
    [
      'text called images',
      [file('a/1.jpg', 'x'), file('b/2.jpg', 'y')],
      /None of the 2 files.*a\/1.jpg is a text file/,
    ],
    ['no folders', [file('1.png', 'x')], 'lie in no class folder'],
    ['one folder', [file('a/1.png', 'x')], 'only one class'],
  ])('says what to do with %s, and stores nothing', async (_case, files, message) => {
    await expect(runImport(files)).rejects.toThrow(message);
    expect(await stored()).toEqual(nothing);
  });

  it('says when every class has a single image, or one class only can be read', async () => {
    await expect(runImport(await classFolders({ a: 1, b: 1 }))).rejects.toThrow(
      'nothing is left to validate with',
    );
    const oneReadable = [...(await classFolders({ a: 3 })), file('b/1.png', 'x')];
    await expect(runImport(oneReadable)).rejects.toThrow('Only one class, "a", has images that can be read');
  });

  it('reports progress to the end', async () => {
    const seen: ImportProgress[] = [];
    await runImport(await classFolders({ a: 3, b: 3 }), { onProgress: (progress) => seen.push(progress) });
    expect(seen.filter(({ phase }) => phase === 'reading').map(({ done }) => done)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(seen.at(-1)).toEqual({ phase: 'storing', done: 1, total: 1, label: 'Pictures' });
  });

  it('stores nothing when cancelled half way', async () => {
    const controller = new AbortController();
    const cancelled = runImport(await classFolders({ a: 30, b: 30 }), {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 20) controller.abort(new DOMException('The import was cancelled.', 'AbortError'));
      },
    });
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stored()).toEqual(nothing);
  });

  it('returns what is stored under an id already', async () => {
    const first = await runImport(await classFolders({ a: 3, b: 3 }));
    const second = await runImport(await classFolders({ x: 3, y: 3 }));
    expect(second.dataset).toEqual(first.dataset);
  });

  it.each([
    [{ maxEdgePx: 0 }, 'The longest edge is 0'],
    [{ validationFraction: 1 }, 'The validation share is 1'],
    [{ seed: -1 }, 'The seed is -1'],
  ])('refuses options out of range: %o', async (options, message) => {
    await expect(runImport(await classFolders({ a: 2, b: 2 }), { options })).rejects.toThrow(message);
  });
});

describe('sampleEncodedImages', () => {
  it('spreads over the classes, each picture once', async () => {
    await runImport(await classFolders({ a: 10, b: 10, c: 10, d: 10 }), { options: importOptions });
    const store = await ShardStore.open();
    const labels = async (count: number) =>
      (await sampleEncodedImages(store, 'test', 'train', count)).map(({ label }) => label);
    expect(await labels(4)).toEqual([0, 1, 2, 3]);
    expect(await labels(2)).toEqual([0, 2]);
    expect(await labels(6)).toEqual([0, 1, 2, 3, 0, 2]);
    expect(await labels(1000)).toHaveLength(32);
    const [first] = await sampleEncodedImages(store, 'test', 'train', 1);
    expect(first?.blob.type).toBe('image/png');
    store.close();
  });

  it('fills up from the large classes', async () => {
    await runImport(await classFolders({ a: 2, b: 10 }));
    const store = await ShardStore.open();
    const images = await sampleEncodedImages(store, 'test', 'train', 5);
    expect(images.map(({ label }) => label)).toEqual([0, 1, 1, 1, 1]);
    store.close();
  });
});
