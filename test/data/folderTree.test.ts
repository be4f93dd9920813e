import { describe, expect, it } from 'vitest';
import { arrangeFolderTree, compareCodePoints } from '../../src/data/folderTree.ts';

/** Class and split of each path that was placed, in stored order. */
function arrange(...paths: string[]) {
  const { files, problems, manifest, hasValidationFolder } = arrangeFolderTree(paths);
  const placed = files.map(
    ({ file, className, split }) => `${split ?? '-'} ${className} ${paths[file] ?? ''}`,
  );
  return { placed, problems, manifest, hasValidationFolder };
}

describe('arrangeFolderTree', () => {
  it('takes one class per subfolder, at any depth, sorted by code point', () => {
    const { placed, problems } = arrange('b/2.png', 'b/deep/1.png', 'Z/1.png', 'a/1.png');
    expect(placed).toEqual(['- Z Z/1.png', '- a a/1.png', '- b b/2.png', '- b b/deep/1.png']);
    expect(problems).toEqual([]);
  });

  it('strips folders that all files share', () => {
    expect(arrange('top/photos/a/1.png', 'top/photos/b/1.png').placed).toEqual([
      '- a top/photos/a/1.png',
      '- b top/photos/b/1.png',
    ]);
  });

  it.each(['val', 'valid', 'validation', 'test', 'Val'])('reads train/ and %s/ above the classes', (name) => {
    const { placed, hasValidationFolder } = arrange(
      `set/train/a/1.png`,
      `set/train/b/1.png`,
      `set/${name}/a/9.png`,
    );
    expect(hasValidationFolder).toBe(true);
    expect(new Set(placed)).toEqual(
      new Set(['train a set/train/a/1.png', `validation a set/${name}/a/9.png`, 'train b set/train/b/1.png']),
    );
  });

  it('prefers val over test and says what was left out', () => {
    const { placed, problems } = arrange('train/a/1.png', 'train/b/1.png', 'val/a/2.png', 'test/a/3.png');
    expect(placed).toHaveLength(3);
    expect(problems).toEqual([
      { path: 'test/a/3.png', message: 'was left out: only train/ and val/ are used, and it is in neither.' },
    ]);
  });

  it('takes a folder called test for a class where there is no train folder', () => {
    expect(arrange('test/1.png', 'other/1.png').placed).toEqual(['- other other/1.png', '- test test/1.png']);
  });

  it('strips a lone train folder', () => {
    expect(arrange('train/a/1.png', 'train/b/1.png').placed).toHaveLength(2);
  });

  it('ignores what file managers leave behind, without a word', () => {
    const { placed, problems } = arrange(
      'p/a/1.png',
      'p/b/1.png',
      'p/.DS_Store',
      'p/a/Thumbs.db',
      '__MACOSX/p/a/._1.png',
      'p/.git/x.png',
    );
    expect(placed).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('lists text files and images beside the class folders', () => {
    const { problems } = arrange('p/a/1.png', 'p/b/1.png', 'p/a/notes.txt', 'p/loose.png');
    expect(problems).toEqual([
      { path: 'p/a/notes.txt', message: 'is a text file or document, not an image.' },
      { path: 'p/loose.png', message: 'lies beside the class folders, in none of them. Move it into one.' },
    ]);
  });

  it('finds dataset.json at the root, below a shared folder too, and nowhere else', () => {
    expect(arrange('dataset.json', 'train/a/1.png', 'train/b/1.png').manifest).toBe(0);
    expect(arrange('set/a/1.png', 'set/b/1.png', 'set/dataset.json').manifest).toBe(2);
    expect(arrange('a/1.png', 'b/1.png', 'b/dataset.json').manifest).toBeNull();
  });

  it('says how to arrange files when there is nothing to train on', () => {
    expect(() => arrangeFolderTree([])).toThrow(/The folder is empty.*one subfolder per class/);
    expect(() => arrangeFolderTree(['a/.DS_Store'])).toThrow('The folder is empty');
    expect(() => arrangeFolderTree(['a/x.txt', 'b/y.md'])).toThrow(
      /no images here, only text files \(a\/x.txt and 1 more\).*one subfolder per class/,
    );
    expect(() => arrangeFolderTree(['1.png', '2.png'])).toThrow(
      /The 2 files lie in no class folder.*by hand/,
    );
    expect(() => arrangeFolderTree(['cats/1.png', 'cats/2.png'])).toThrow(
      /All images are in one folder, "cats".*only one class/,
    );
  });
});

describe('compareCodePoints', () => {
  it('sorts as Python sorts str, where UTF-16 order differs', () => {
    // U+FF5E is below U+1F600, but its UTF-16 unit is above the surrogates.
    expect(['\u{1f600}', '～', 'b', 'a', 'ab', 'B'].sort(compareCodePoints)).toEqual([
      'B',
      'a',
      'ab',
      'b',
      '～',
      '\u{1f600}',
    ]);
    expect(compareCodePoints('same', 'same')).toBe(0);
  });
});
