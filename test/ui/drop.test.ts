import { describe, expect, it } from 'vitest';
import { readDrop } from '../../src/ui/data/drop.ts';

/** What a browser gives for a dropped file or folder: just enough of `FileSystemEntry`. */
function fileEntry(fullPath: string) {
  return {
    isFile: true,
    isDirectory: false,
    fullPath,
    file: (resolve: (file: File) => void) => resolve(new File(['x'], fullPath)),
  };
}

/** A folder whose reader gives its children in pieces of at most 100, as browsers do. */
function folderEntry(fullPath: string, children: unknown[]) {
  return {
    isFile: false,
    isDirectory: true,
    fullPath,
    createReader: () => {
      let given = 0;
      return {
        readEntries: (resolve: (entries: unknown[]) => void) => {
          resolve(children.slice(given, given + 100));
          given += 100;
        },
      };
    },
  };
}

function dropOf(entries: unknown[]): DataTransfer {
  const items = entries.map((entry) => ({
    kind: 'file',
    webkitGetAsEntry: () => entry,
    getAsFile: () => null,
  }));
  return { items } as unknown as DataTransfer;
}

describe('readDrop', () => {
  it('goes through folders in folders, with the path of every file', async () => {
    const pets = folderEntry('/pets', [
      folderEntry('/pets/cat', [fileEntry('/pets/cat/1.jpg')]),
      folderEntry('/pets/dog', [fileEntry('/pets/dog/2.jpg'), folderEntry('/pets/dog/empty', [])]),
    ]);
    const files = await readDrop(dropOf([pets, fileEntry('/notes.txt')]));
    expect(files.map(({ path }) => path)).toEqual(['pets/cat/1.jpg', 'pets/dog/2.jpg', 'notes.txt']);
  });

  it('reads folders of more files than one answer of the browser holds', async () => {
    const names = Array.from({ length: 345 }, (_, i) => `/cat/${i}.jpg`);
    const files = await readDrop(dropOf([folderEntry('/cat', names.map(fileEntry))]));
    expect(files).toHaveLength(345);
    expect(files.at(-1)?.path).toBe('cat/344.jpg');
  });

  it('names the file that the browser refuses to give', async () => {
    const entry = {
      ...fileEntry('/pets/cat/1.jpg'),
      file: (_: unknown, reject: (error: Error) => void) => reject(new Error('gone')),
    };
    await expect(readDrop(dropOf([entry]))).rejects.toThrow('“pets/cat/1.jpg” could not be read');
  });

  it('takes plain files where the browser has no entries', async () => {
    const file = new File(['x'], 'a.png');
    const drop = { items: [{ kind: 'file', getAsFile: () => file }, { kind: 'string' }] };
    expect(await readDrop(drop as unknown as DataTransfer)).toEqual([{ path: 'a.png', file }]);
  });
});
