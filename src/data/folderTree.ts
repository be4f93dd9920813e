/**
 * From file paths to classes and splits, as torchvision's ImageFolder reads a folder: one subfolder per
 * class, classes sorted by code point, files below a class folder at any depth. Pure: looks at paths only.
 */
import { ImportError } from './importError.ts';
import type { ImportProblem, SplitName } from './types.ts';

export interface ArrangedFile {
  /** Index into the paths given. */
  file: number;
  className: string;
  /** Null where the folders do not say. */
  split: SplitName | null;
}

export interface FolderArrangement {
  /** Sorted by class, then by path (both by code point), which is the stored order of samples. */
  files: ArrangedFile[];
  hasValidationFolder: boolean;
  /** Files that are in no class, and why. */
  problems: ImportProblem[];
  /** Indices of the paths of root-level files that describe the set (dataset.json). */
  manifest: number | null;
}

const trainFolders = ['train', 'training'];
/** In order of preference where there are several. */
const validationFolders = ['val', 'valid', 'validation', 'test', 'testing'];
/** Files beside images that no one means as images, by ending: not worth reading to say so. */
const textEndings = new Set(
  'txt md csv tsv json jsonl xml html htm css js py ipynb yaml yml log pdf doc docx rtf'.split(' '),
);

export const manifestName = 'dataset.json';

/** Files that file managers and archivers leave behind: ignored without a word. */
export function isHousekeepingFile(path: string): boolean {
  const parts = path.split('/');
  return (
    parts.some((part) => part.startsWith('.') || part === '__MACOSX') ||
    housekeeping.has(parts.at(-1)?.toLowerCase() ?? '')
  );
}

const housekeeping = new Set(['thumbs.db', 'desktop.ini', 'ehthumbs.db', 'icon\r']);

/**
 * Arranges a dropped or unpacked tree.
 *
 * @param paths relative paths, folders separated by `/`.
 * @throws ImportError when there are no images, no class folders or only one class; the message says how to
 *   arrange the files.
 */
export function arrangeFolderTree(paths: readonly string[]): FolderArrangement {
  const problems: ImportProblem[] = [];
  const candidates: { file: number; parts: string[] }[] = [];
  const texts: number[] = [];
  paths.forEach((path, file) => {
    if (isHousekeepingFile(path)) return;
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (textEndings.has(endingOf(path))) texts.push(file);
    else candidates.push({ file, parts });
  });
  const stripped = stripCommonFolders(candidates);
  const manifest = findManifest(paths, texts, stripped);
  for (const file of texts) {
    if (file === manifest) continue;
    problems.push({ path: paths[file] ?? '', message: 'is a text file or document, not an image.' });
  }
  if (candidates.length === 0) throw noImages(problems);

  const split = findSplitFolders(candidates);
  const files: ArrangedFile[] = [];
  for (const { file, parts } of candidates) {
    const path = paths[file] ?? '';
    const [top = '', second = ''] = parts;
    if (split === null) {
      if (parts.length >= 2) files.push({ file, className: top, split: null });
      else
        problems.push({ path, message: 'lies beside the class folders, in none of them. Move it into one.' });
      continue;
    }
    const splitName = top === split.train ? 'train' : top === split.validation ? 'validation' : null;
    if (splitName === null) {
      const used = `${split.train}/ and ${split.validation}/`;
      problems.push({ path, message: `was left out: only ${used} are used, and it is in neither.` });
    } else if (parts.length < 3) {
      problems.push({ path, message: `lies directly in ${top}/, in no class folder. Move it into one.` });
    } else {
      files.push({ file, className: second, split: splitName });
    }
  }
  requireClasses(files, candidates);
  files.sort(
    (a, b) =>
      compareCodePoints(a.className, b.className) ||
      compareCodePoints(paths[a.file] ?? '', paths[b.file] ?? ''),
  );
  return { files, hasValidationFolder: split !== null, problems, manifest };
}

/** Order by Unicode code point, as Python sorts str (and so ImageFolder its classes). */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return a.length - b.length;
  return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0);
}

function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** Takes away the top folder that all share, as long as there are folders below it. Returns what it took. */
function stripCommonFolders(candidates: { parts: string[] }[]): string[] {
  const stripped: string[] = [];
  for (;;) {
    const top = candidates[0]?.parts[0];
    if (top === undefined) return stripped;
    const shared = candidates.every(({ parts }) => parts.length >= 2 && parts[0] === top);
    if (!shared || !candidates.some(({ parts }) => parts.length >= 3)) return stripped;
    for (const candidate of candidates) candidate.parts.shift();
    stripped.push(top);
  }
}

function findManifest(
  paths: readonly string[],
  texts: readonly number[],
  stripped: readonly string[],
): number | null {
  for (let depth = stripped.length; depth >= 0; depth--) {
    const expected = [...stripped.slice(0, depth), manifestName].join('/');
    const found = texts.find((file) => paths[file] === expected);
    if (found !== undefined) return found;
  }
  return null;
}

/** The names of the two split folders, when both are there and have class folders in them. */
function findSplitFolders(
  candidates: readonly { parts: string[] }[],
): { train: string; validation: string } | null {
  const withClasses = new Set(
    candidates.filter(({ parts }) => parts.length >= 3).map(({ parts }) => parts[0] ?? ''),
  );
  const find = (names: readonly string[]) => {
    for (const name of names) {
      const match = [...withClasses].find((folder) => folder.toLowerCase() === name);
      if (match !== undefined) return match;
    }
    return undefined;
  };
  const train = find(trainFolders);
  const validation = find(validationFolders);
  return train === undefined || validation === undefined ? null : { train, validation };
}

const howToArrange =
  'Tabtrain needs one subfolder per class, for example photos/cats/… and photos/dogs/…. ' +
  'Or make classes by hand and drop the pictures into them.';

function noImages(problems: readonly ImportProblem[]): ImportError {
  const [first] = problems;
  if (first === undefined)
    return new ImportError(`The folder is empty: there are no files in it. ${howToArrange}`);
  const others = problems.length === 1 ? '' : ` and ${problems.length - 1} more`;
  return new ImportError(
    `There are no images here, only text files (${first.path}${others}). ${howToArrange}`,
  );
}

function requireClasses(files: readonly ArrangedFile[], candidates: readonly { parts: string[] }[]): void {
  const names = new Set(files.map(({ className }) => className));
  if (names.size === 0) {
    throw new ImportError(`The ${candidates.length} files lie in no class folder. ${howToArrange}`);
  }
  if (names.size === 1) {
    const [only] = names;
    throw new ImportError(
      `All images are in one folder, "${only ?? ''}", so there is only one class and nothing to tell apart. ${howToArrange}`,
    );
  }
}
