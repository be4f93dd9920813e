import 'fake-indexeddb/auto';
import { gzipSync } from 'node:zlib';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { greyToBmp, greyToRgba } from '../../src/data/greyBitmap.ts';
import { gunzip } from '../../src/data/gzip.ts';
import { idxImages, idxLabels } from './support/idxFiles.ts';
import { file, runImport } from './support/importing.ts';
import { readStored } from './support/reading.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

function zipped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

const sixImages = idxImages(6, 3, 2);
const sixLabels = idxLabels([0, 1, 2, 0, 1, 2]);
const trainFiles = [
  file('mnist/train-images-idx3-ubyte.gz', zipped(sixImages)),
  file('mnist/train-labels-idx1-ubyte.gz', zipped(sixLabels)),
];
const validationFiles = [
  file('mnist/t10k-images-idx3-ubyte', idxImages(2, 3, 2)),
  file('mnist/t10k-labels-idx1-ubyte', idxLabels([2, 1])),
];

describe('IDX import', () => {
  it('reads gzipped and plain files, with t10k as validation', async () => {
    const { dataset, problems } = await runImport([...validationFiles, ...trainFiles]);
    expect(dataset).toMatchObject({
      classes: ['0', '1', '2'],
      trainPerClass: [2, 2, 2],
      validationPerClass: [0, 1, 1],
      bytes: 8 * 6,
      maxEdgePx: 3,
      validationNote: 'Measured on the 2 images of t10k-images-idx3-ubyte, which are never trained on.',
    });
    expect(problems).toEqual([]);
    const source = await readStored('test');
    expect([...source.labels('train')]).toEqual([0, 1, 2, 0, 1, 2]);
    const [image] = await source.decode('train', [4]);
    expect(image).toMatchObject({ kind: 'pixels', widthPx: 3, heightPx: 2 });
    expect(image?.kind === 'pixels' && [...image.rgba.subarray(0, 8)]).toEqual([4, 4, 4, 255, 4, 4, 4, 255]);
    expect(source.fileName('validation', 1)).toBe('t10k-images-idx3-ubyte #1');
    source.close();
  });

  it('holds out by seed where there is one pair, and takes names from classes.txt', async () => {
    const names = file('mnist/classes.txt', 'T-shirt\r\nTrouser\nPullover\n');
    const { dataset } = await runImport([...trainFiles, names], { options: { validationFraction: 0.5 } });
    expect(dataset.classes).toEqual(['T-shirt', 'Trouser', 'Pullover']);
    expect(dataset.validationPerClass).toEqual([1, 1, 1]);
    expect(dataset.validationNote).toContain('50 % of the images of each class, drawn with seed 0');
  });

  it('pairs files without telling names by their counts, the larger to train', async () => {
    const { dataset } = await runImport([
      file('a-ubyte', idxImages(2, 3, 2)),
      file('b-ubyte', idxLabels([2, 1])),
      file('c-ubyte', sixImages),
      file('d-ubyte', sixLabels),
    ]);
    expect(dataset.trainPerClass).toEqual([2, 2, 2]);
    expect(dataset.validationPerClass).toEqual([0, 1, 1]);
  });

  it('says which other files were left out', async () => {
    const { problems } = await runImport([...trainFiles, file('mnist/photo.png', 'x')]);
    expect(problems).toEqual([
      { path: 'mnist/photo.png', message: 'was left out: the IDX files beside it are the data set.' },
    ]);
  });

  it.each([
    [
      'no labels',
      [trainFiles[0]],
      'There are no labels for mnist/train-images-idx3-ubyte.gz. Add the labels file',
    ],
    ['no images', [trainFiles[1]], 'but no IDX images beside them'],
    [
      'cut images',
      [file('train-images-idx3-ubyte', sixImages.slice(0, 40)), file('train-labels-idx1-ubyte', sixLabels)],
      'train-images-idx3-ubyte is truncated: 6 images of 3×2 need 52 bytes, it has 40',
    ],
    [
      'cut gzip',
      [file('train-images-idx3-ubyte.gz', zipped(sixImages).slice(0, 20)), trainFiles[1]],
      'train-images-idx3-ubyte.gz is damaged or truncated gzip',
    ],
    [
      'other counts',
      [file('train-images-idx3-ubyte', idxImages(5, 3, 2)), file('train-labels-idx1-ubyte', sixLabels)],
      'has 6 labels, but train-images-idx3-ubyte has 5 images',
    ],
    [
      'one class',
      [file('x-images-ubyte', idxImages(2, 3, 2)), file('x-labels-ubyte', idxLabels([0, 0]))],
      'only one class',
    ],
    [
      'few names',
      [...trainFiles, file('mnist/classes.txt', 'a\nb')],
      'classes.txt has 2 names, but the labels go from 0 to 2',
    ],
  ])('names the file and what to do: %s', async (_case, files, message) => {
    const given = files.filter((entry) => entry !== undefined);
    await expect(runImport(given)).rejects.toThrow(message);
  });
});

describe('gunzip', () => {
  it('stops at its limit', async () => {
    const bomb = zipped(new Uint8Array(5_000_000));
    await expect(gunzip(bomb, 1_000_000)).rejects.toThrow('unpacks to more than 1 MB');
    expect(await gunzip(bomb, 5_000_000)).toHaveLength(5_000_000);
  });
});

describe('grey images', () => {
  it('become opaque RGBA', () => {
    expect([...greyToRgba(Uint8Array.of(0, 200))]).toEqual([0, 0, 0, 255, 200, 200, 200, 255]);
  });

  it('become a BMP with padded rows from the top', async () => {
    const bmp = new Uint8Array(await greyToBmp(Uint8Array.of(1, 2, 3, 4, 5, 6), 3, 2).arrayBuffer());
    expect(bmp).toHaveLength(54 + 1024 + 8);
    expect([...bmp.subarray(54 + 1024)]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
    expect([...bmp.subarray(54 + 4 * 200, 54 + 4 * 201)]).toEqual([200, 200, 200, 0]);
  });
});
