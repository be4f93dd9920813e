/** Classes made by hand, before they are imported: names and the pictures collected for each. */
import { signal, type Signal } from '@preact/signals';
import type { PathedFile } from '../../protocol.ts';

export interface DraftPicture {
  id: number;
  file: File;
  /** Object URL of `file`, revoked when the picture is removed. */
  url: string;
}

export interface ClassDraft {
  id: number;
  name: string;
  pictures: DraftPicture[];
}

/** A class needs one picture to train on and one to validate with. */
const fewestPictures = 2;

let nextId = 1;

function takeId(): number {
  nextId += 1;
  return nextId;
}

export function newDraft(name = ''): ClassDraft {
  return { id: takeId(), name, pictures: [] };
}

/** Two empty classes to begin with: fewer cannot be trained. */
export function createClassDrafts(): Signal<ClassDraft[]> {
  return signal([newDraft(), newDraft()]);
}

export function withPictures(draft: ClassDraft, files: readonly File[]): ClassDraft {
  const added = files.map((file) => ({ id: takeId(), file, url: URL.createObjectURL(file) }));
  return { ...draft, pictures: [...draft.pictures, ...added] };
}

export function withoutPicture(draft: ClassDraft, id: number): ClassDraft {
  const removed = draft.pictures.find((picture) => picture.id === id);
  if (removed !== undefined) URL.revokeObjectURL(removed.url);
  return { ...draft, pictures: draft.pictures.filter((picture) => picture.id !== id) };
}

/** Why these classes cannot be imported yet, naming the class; null when they can. */
export function draftProblem(drafts: readonly ClassDraft[]): string | null {
  if (drafts.length < 2) return 'There must be at least two classes to tell apart: add one.';
  const seen = new Set<string>();
  for (const [i, draft] of drafts.entries()) {
    const name = draft.name.trim();
    if (name === '') return `Class ${i + 1} has no name yet: type one.`;
    if (seen.has(name)) return `Two classes are called “${name}”: rename one of them.`;
    seen.add(name);
    if (draft.pictures.length < fewestPictures) {
      const missing = draft.pictures.length === 0 ? 'no pictures' : 'only one picture';
      return `“${name}” has ${missing}: add at least ${fewestPictures}, one to train on and one to validate with.`;
    }
  }
  return null;
}

/** The drafts as the folder tree that the importer reads: one folder a class, numbered files in it. */
export function draftFiles(drafts: readonly ClassDraft[]): PathedFile[] {
  return drafts.flatMap((draft) => {
    const folder = draft.name.trim().replace(/[/\\]/g, '-');
    return draft.pictures.map(({ file }, i) => ({
      path: `${folder}/${String(i + 1).padStart(4, '0')}-${file.name.replace(/[/\\]/g, '-')}`,
      file,
    }));
  });
}
