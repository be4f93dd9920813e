import { readFileSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeImage, openNodeDataset } from '../../cli/nodeSampleSource.ts';
import type { PathedFile } from '../../src/data/types.ts';
import { idxImages, idxLabels } from './support/idxFiles.ts';
import { classFolders, file } from './support/importing.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabtrain-data-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const options = { validationFraction: 0.25, seed: 0 };
const photos = new URL('../fixtures/photos/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', photos), 'utf8')) as Record<
  string,
  { width: number; height: number; rgb: string }
>;

async function write(files: readonly PathedFile[]): Promise<void> {
  for (const { path, file: content } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, new Uint8Array(await content.arrayBuffer()));
  }
}

describe('openNodeDataset', () => {
  it('reads a folder of class folders and lists what it cannot use', async () => {
    await write([
      ...(await classFolders({ b: 4, a: 8 })),
      file('a/notes.txt', 'x'),
      file('b/bad.jpg', 'text'),
      file('b/old.bmp', new Uint8Array(readFileSync(new URL('opaque.bmp', photos)))),
    ]);
    const source = await openNodeDataset(folder, options);
    expect(source.summary).toMatchObject({
      classes: ['a', 'b'],
      trainPerClass: [6, 3],
      validationPerClass: [2, 1],
    });
    expect(source.problems.map(({ path }) => path)).toEqual(['a/notes.txt', 'b/bad.jpg', 'b/old.bmp']);
    expect(source.problems[2]?.message).toBe('is BMP, which sharp cannot decode. Save it as PNG.');
    // classFolders gives picture i of a class the red value i.
    const [last, first] = await source.decode('train', [8, 0]);
    const red = (name: string) => Number(/(\d+)\.png$/.exec(name)?.[1]);
    expect(last?.kind === 'pixels' && [...last.rgba.subarray(0, 4)]).toEqual([
      red(source.fileName('train', 8)),
      40,
      90,
      255,
    ]);
    expect(first?.kind === 'pixels' && first.rgba[0]).toBe(red(source.fileName('train', 0)));
    await expect(source.decode('train', [9])).rejects.toThrow('train has 9 samples, there is no sample 9');
  });

  it('reads IDX files by their folder or by one of them', async () => {
    await write([
      file('train-images-idx3-ubyte', idxImages(6, 2, 3)),
      file('train-labels-idx1-ubyte', idxLabels([0, 1, 2, 0, 1, 2])),
      file('t10k-images-idx3-ubyte', idxImages(2, 2, 3)),
      file('t10k-labels-idx1-ubyte', idxLabels([1, 0])),
      file('below/other.png', 'x'),
    ]);
    for (const path of [folder, join(folder, 'train-images-idx3-ubyte')]) {
      const source = await openNodeDataset(path, options);
      expect(source.summary).toMatchObject({ trainPerClass: [2, 2, 2], validationPerClass: [1, 1, 0] });
      const [image] = await source.decode('validation', [1]);
      expect(image).toMatchObject({ kind: 'pixels', widthPx: 2, heightPx: 3 });
      expect(image?.kind === 'pixels' && [...image.rgba.subarray(0, 4)]).toEqual([1, 1, 1, 255]);
    }
  });

  it('reads a zip', async () => {
    const writer = new ZipWriter(new BlobWriter());
    for (const { path, file: content } of await classFolders({ a: 3, b: 3 }, 'top/')) {
      await writer.add(path, new Uint8ArrayReader(new Uint8Array(await content.arrayBuffer())));
    }
    const manifest = new TextEncoder().encode('{"name": "Zipped"}');
    await writer.add('top/dataset.json', new Uint8ArrayReader(manifest));
    await write([{ path: 'set.zip', file: await writer.close() }]);
    const source = await openNodeDataset(join(folder, 'set.zip'), options);
    expect(source.summary).toMatchObject({
      classes: ['a', 'b'],
      trainPerClass: [2, 2],
      name: 'Zipped',
      maxEdgePx: 8,
    });
    expect(await source.decode('train', [0, 3])).toHaveLength(2);
  });

  it('says what is wrong with a path', async () => {
    await expect(openNodeDataset(join(folder, 'nowhere'), options)).rejects.toThrow('nowhere does not exist');
    await expect(openNodeDataset(folder, options)).rejects.toThrow('The folder is empty');
    await write([file('a/1.jpg', 'x'), file('b/1.jpg', 'y')]);
    await expect(openNodeDataset(folder, options)).rejects.toThrow(
      /None of the files.*a\/1.jpg is a text file/,
    );
  });
});

describe('decodeImage', () => {
  it.each(Object.keys(expected).filter((name) => !name.endsWith('.bmp')))(
    'gives the bytes Pillow reads from %s',
    async (name) => {
      const image = await decodeImage(new Uint8Array(readFileSync(new URL(name, photos))));
      const wanted = expected[name];
      if (image.kind !== 'pixels' || wanted === undefined) throw new Error('no pixels');
      expect([image.widthPx, image.heightPx]).toEqual([wanted.width, wanted.height]);
      const rgb = Buffer.from(image.rgba.filter((_, at) => at % 4 !== 3));
      const want = Buffer.from(wanted.rgb, 'base64');
      const differing = rgb.reduce((count, byte, at) => count + (byte === want[at] ? 0 : 1), 0);
      const largest = rgb.reduce((most, byte, at) => Math.max(most, Math.abs(byte - (want[at] ?? 999))), 0);
      expect({ differing, largest }).toEqual({ differing: 0, largest: 0 });
      expect(image.rgba.filter((_, at) => at % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
    },
  );
});
