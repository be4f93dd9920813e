import 'fake-indexeddb/auto';
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PathedFile } from '../../src/data/types.ts';
import { isZip, openZip } from '../../src/data/zip.ts';
import { idxImages, idxLabels } from './support/idxFiles.ts';
import { classFolders, file, runImport } from './support/importing.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

async function zip(
  files: readonly PathedFile[],
  options: { level?: number; password?: string } = {},
): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter('application/zip'));
  for (const { path, file: content } of files) {
    await writer.add(path, new Uint8ArrayReader(new Uint8Array(await content.arrayBuffer())), options);
  }
  return await writer.close();
}

/** Overwrites the uncompressed sizes in the local and the central header of the only entry. */
async function forgeSize(blob: Blob, sizeBytes: number): Promise<Blob> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 < bytes.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature === 0x04034b50) view.setUint32(at + 22, sizeBytes, true);
    if (signature === 0x02014b50) view.setUint32(at + 24, sizeBytes, true);
  }
  return new Blob([bytes]);
}

describe('zip import', () => {
  it.each([0, 6])('follows the folder rules inside the zip, at compression level %i', async (level) => {
    const files = [
      ...(await classFolders({ a: 3, b: 3 }, 'demo/train/')),
      ...(await classFolders({ a: 1, b: 1 }, 'demo/val/')),
      file('demo/dataset.json', JSON.stringify({ name: 'Demo', validationNote: 'Another style.' })),
      file('__MACOSX/demo/._x', 'x'),
    ];
    const { dataset, problems } = await runImport([{ path: 'demo.zip', file: await zip(files, { level }) }]);
    expect(dataset).toMatchObject({
      name: 'Demo',
      validationNote: 'Another style.',
      trainPerClass: [3, 3],
      validationPerClass: [1, 1],
    });
    expect(problems).toEqual([]);
  });

  it('takes IDX files in a zip', async () => {
    const files = [
      file('train-images-idx3-ubyte', idxImages(4, 2, 2)),
      file('train-labels-idx1-ubyte', idxLabels([0, 0, 1, 1])),
    ];
    const { dataset } = await runImport([{ path: 'mnist.zip', file: await zip(files) }]);
    expect(dataset.classes).toEqual(['0', '1']);
  });

  it('reads Windows paths', async () => {
    const [source] = await openZip(await zip([file('a\\b.png', 'x')]), 'w.zip');
    expect(source?.path).toBe('a/b.png');
  });

  it('says when a file in it is encrypted or damaged', async () => {
    const encrypted = await zip(await classFolders({ a: 2, b: 2 }), { password: 'secret' });
    await expect(runImport([{ path: 'e.zip', file: encrypted }])).rejects.toThrow(
      /None of the 4 files.*a\/0.png is encrypted. Unpack the zip with its password first/,
    );
    const bytes = new Uint8Array(
      await (await zip([file('a/1.png', 'abcdefgh')], { level: 0 })).arrayBuffer(),
    );
    const content = bytes.findIndex(
      (byte, at) => byte === 97 && bytes[at + 1] === 98 && bytes[at + 2] === 99,
    );
    bytes[content] = 120;
    const [source] = await openZip(new Blob([bytes]), 'd.zip');
    await expect(source?.read()).rejects.toThrow(/is damaged in the zip/);
  });

  it('stops where an entry is larger than it says', async () => {
    const bomb = await forgeSize(await zip([file('a/1.png', new Uint8Array(50_000_000))]), 1000);
    const [source] = await openZip(bomb, 'bomb.zip');
    expect(source?.sizeBytes).toBe(1000);
    await expect(source?.read()).rejects.toThrow(/is damaged in the zip/);
  });

  it('says when a zip cannot be read, or is one of several', async () => {
    const whole = await zip(await classFolders({ a: 2, b: 2 }));
    const cut = whole.slice(0, whole.size - 60);
    await expect(runImport([{ path: 'cut.zip', file: cut }])).rejects.toThrow(
      /cut.zip is not a readable zip.*Copy or download it again/,
    );
    const { problems } = await runImport([
      ...(await classFolders({ a: 2, b: 2 })),
      { path: 'a/more.zip', file: whole },
    ]);
    expect(problems).toEqual([
      { path: 'a/more.zip', message: 'is a zip archive. Drop one zip by itself, or unpack it.' },
    ]);
    expect(await isZip(new Blob(['text']))).toBe(false);
  });
});
