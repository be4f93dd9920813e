import { describe, expect, it } from 'vitest';
import {
  draftFiles,
  draftProblem,
  newDraft,
  withoutPicture,
  withPictures,
} from '../../src/ui/data/classDrafts.ts';
import { suggestedName } from '../../src/ui/data/drop.ts';

function pictures(count: number): File[] {
  return Array.from({ length: count }, (_, i) => new File(['x'], `p${i}.png`, { type: 'image/png' }));
}

describe('classes made by hand', () => {
  it('name what is missing, class by class', () => {
    const dog = withPictures(newDraft('dog'), pictures(3));
    expect(draftProblem([dog])).toContain('two classes');
    expect(draftProblem([dog, newDraft()])).toBe('Class 2 has no name yet: type one.');
    expect(draftProblem([dog, newDraft('dog')])).toContain('“dog”');
    expect(draftProblem([dog, newDraft('cat')])).toContain('“cat” has no pictures');
    expect(draftProblem([dog, withPictures(newDraft('cat'), pictures(1))])).toContain('only one picture');
    expect(draftProblem([dog, withPictures(newDraft('cat'), pictures(2))])).toBeNull();
  });

  it('become a folder a class with numbered files, so that equal names do not collide', () => {
    const twice = withPictures(withPictures(newDraft(' a/b '), pictures(1)), pictures(1));
    expect(draftFiles([twice]).map(({ path }) => path)).toEqual(['a-b/0001-p0.png', 'a-b/0002-p0.png']);
  });

  it('lose only the removed picture', () => {
    const draft = withPictures(newDraft('dog'), pictures(3));
    const removed = draft.pictures[1];
    expect(removed).toBeDefined();
    const rest = withoutPicture(draft, removed?.id ?? 0);
    expect(rest.pictures.map(({ file }) => file.name)).toEqual(['p0.png', 'p2.png']);
  });
});

describe('suggestedName', () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path, file: new Blob() }));
  it('takes the dropped folder or the single file', () => {
    expect(suggestedName(files('pets/cat/1.jpg', 'pets/dog/2.jpg'))).toBe('pets');
    expect(suggestedName(files('pets.zip'))).toBe('pets');
    expect(suggestedName(files('cat/1.jpg', 'dog/2.jpg'))).toBe('My pictures');
    expect(suggestedName([])).toBe('');
  });
});
