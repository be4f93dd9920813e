/**
 * The IDX format of MNIST and its relatives: big-endian header, then raw bytes.
 * Source: the description on the MNIST page (magic 00 00 type dimensions; type 8 is unsigned byte).
 */
import { ImportError } from './importError.ts';
import type { SplitName } from './types.ts';

const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;

export interface IdxImages {
  count: number;
  widthPx: number;
  heightPx: number;
  /** [count, height, width], one grey byte each. */
  pixels: Uint8Array;
}

export interface IdxSplit {
  split: SplitName | null;
  /** Name of the images file, for messages. */
  fileName: string;
  images: IdxImages;
  labels: Uint8Array;
}

export interface IdxDataset {
  classes: string[];
  /** One with split null where there is no validation file, else train and validation. */
  splits: IdxSplit[];
}

/** File names that can be IDX; what they are is decided by their first bytes. */
export function mayBeIdxName(path: string): boolean {
  return /(ubyte|\.idx\d?)(\.gz)?$|(images|labels)[^/]*\.gz$/i.test(path);
}

/** Whether unpacked bytes begin as IDX images or labels of unsigned bytes. */
export function isIdx(bytes: Uint8Array): boolean {
  const magic = readMagic(bytes);
  return magic === imagesMagic || magic === labelsMagic;
}

/**
 * Pairs image and label files and assigns the splits: by name (`train…`; `t10k…`, `test…` or `val…`), else
 * the larger pair trains.
 *
 * @param files unpacked IDX files; a file that is neither images nor labels is an error.
 * @param classNames lines of a classes.txt, or null for "0", "1", ….
 * @throws ImportError that names the file that is missing, short or does not fit.
 */
export function readIdxDataset(
  files: readonly { path: string; bytes: Uint8Array }[],
  classNames: readonly string[] | null,
): IdxDataset {
  const images = files.filter(({ bytes }) => readMagic(bytes) === imagesMagic);
  const labels = files.filter(({ bytes }) => readMagic(bytes) === labelsMagic);
  if (images.length === 0) {
    throw new ImportError(
      `There are IDX labels (${labels[0]?.path ?? ''}) but no IDX images beside them. Add the images file, for example train-images-idx3-ubyte.`,
    );
  }
  const splits = images.map(({ path, bytes }): IdxSplit => {
    const parsed = parseImages(path, bytes);
    const partner = findLabels(path, parsed.count, images.length, labels);
    const split = splitOfName(path);
    return {
      split,
      fileName: baseName(path),
      images: parsed,
      labels: parseLabels(partner.path, partner.bytes, path, parsed.count),
    };
  });
  assignSplits(splits);
  return { classes: nameClasses(splits, classNames), splits };
}

function readMagic(bytes: Uint8Array): number {
  if (bytes.length < 8) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parseImages(path: string, bytes: Uint8Array): IdxImages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) throw new ImportError(`${path} is truncated: its IDX header is not complete.`);
  const count = view.getUint32(4);
  const heightPx = view.getUint32(8);
  const widthPx = view.getUint32(12);
  const expected = 16 + count * heightPx * widthPx;
  if (count === 0 || heightPx === 0 || widthPx === 0) {
    throw new ImportError(`${path} is empty: ${count} images of ${widthPx}×${heightPx} pixels.`);
  }
  if (bytes.length < expected) {
    throw new ImportError(
      `${path} is truncated: ${count} images of ${widthPx}×${heightPx} need ${expected} bytes, it has ${bytes.length}. Copy or download it again.`,
    );
  }
  return { count, widthPx, heightPx, pixels: bytes.subarray(16, expected) };
}

function parseLabels(path: string, bytes: Uint8Array, imagesPath: string, imageCount: number): Uint8Array {
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4);
  if (bytes.length < 8 + count) {
    throw new ImportError(
      `${path} is truncated: ${count} labels need ${8 + count} bytes, it has ${bytes.length}. Copy or download it again.`,
    );
  }
  if (count !== imageCount) {
    throw new ImportError(
      `${path} has ${count} labels, but ${imagesPath} has ${imageCount} images. They must be a pair.`,
    );
  }
  return bytes.subarray(8, 8 + count);
}

/** `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte` have the same key. */
function pairKey(path: string): string {
  return baseName(path)
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/images?|labels?/, '*')
    .replace(/idx[13]/, 'idx');
}

function findLabels(
  imagesPath: string,
  imageCount: number,
  imageFiles: number,
  labels: readonly { path: string; bytes: Uint8Array }[],
): { path: string; bytes: Uint8Array } {
  const byName = labels.find(({ path }) => pairKey(path) === pairKey(imagesPath));
  if (byName !== undefined) return byName;
  const byCount = labels.filter(
    ({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(4) === imageCount,
  );
  const [only] = byCount;
  if (only !== undefined && byCount.length === 1 && imageFiles >= labels.length) return only;
  throw new ImportError(
    `There are no labels for ${imagesPath}. Add the labels file, for example ${baseName(imagesPath)
      .replace(/images?/, 'labels')
      .replace('idx3', 'idx1')}.`,
  );
}

function splitOfName(path: string): SplitName | null {
  const name = baseName(path).toLowerCase();
  if (/t10k|test|val/.test(name)) return 'validation';
  return name.includes('train') ? 'train' : null;
}

function assignSplits(splits: IdxSplit[]): void {
  const [first, second] = splits;
  if (first === undefined) return;
  if (second === undefined) {
    // A single pair is split by seed, whatever it is called.
    first.split = null;
    return;
  }
  if (splits.length > 2) {
    throw new ImportError(
      `There are ${splits.length} IDX image files (${splits.map(({ fileName }) => fileName).join(', ')}). Import one training and one validation pair at a time.`,
    );
  }
  if (first.split === null || second.split === null || first.split === second.split) {
    const firstTrains = first.images.count >= second.images.count;
    first.split = firstTrains ? 'train' : 'validation';
    second.split = firstTrains ? 'validation' : 'train';
  }
}

function nameClasses(splits: readonly IdxSplit[], classNames: readonly string[] | null): string[] {
  let highest = 0;
  for (const { labels } of splits) for (const label of labels) highest = Math.max(highest, label);
  if (highest === 0)
    throw new ImportError('All IDX labels are 0, so there is only one class and nothing to tell apart.');
  if (classNames === null) return Array.from({ length: highest + 1 }, (_, label) => String(label));
  if (classNames.length <= highest) {
    throw new ImportError(
      `classes.txt has ${classNames.length} names, but the labels go from 0 to ${highest}. Give one name a line.`,
    );
  }
  return [...classNames];
}
