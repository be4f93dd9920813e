/** Recognises IDX files among dropped ones, and stores their images as raw grey bytes. */
import { gunzip, isGzip } from './gzip.ts';
import { isIdx, mayBeIdxName, readIdxDataset, type IdxDataset, type IdxSplit } from './idx.ts';
import { FileProblem, ImportError } from './importError.ts';
import type { ImportContext } from './importTree.ts';
import { readSourceFile, type SourceFile } from './sourceFile.ts';
import { validationByClass } from './sampleOrder.ts';
import type { ImportProblem } from './types.ts';
import { describeHeldOut, type AssignedSplits, type HoldOutOptions } from './splits.ts';

const maxUnpackedBytes = 1024 ** 3;
const classNamesFile = 'classes.txt';

/**
 * The IDX data set among these files, or null where no file is IDX. Names decide what is looked into, the
 * first bytes decide what it is.
 *
 * @throws ImportError naming the IDX file that cannot be read or has no partner.
 */
export async function findIdxDataset(
  sources: readonly SourceFile[],
): Promise<{ dataset: IdxDataset; problems: ImportProblem[] } | null> {
  const files: { path: string; bytes: Uint8Array }[] = [];
  for (const source of sources) {
    if (!mayBeIdxName(source.path)) continue;
    const bytes = await unpack(source);
    if (isIdx(bytes)) files.push({ path: source.path, bytes });
  }
  if (files.length === 0) return null;
  const isUsed = new Set(files.map(({ path }) => path));
  const problems = sources
    .filter(({ path }) => !isUsed.has(path) && !isClassNames(path))
    .map(({ path }) => ({ path, message: 'was left out: the IDX files beside it are the data set.' }));
  return { dataset: readIdxDataset(files, await readClassNames(sources)), problems };
}

/** Stores the images of an IDX data set. */
export async function importIdx(dataset: IdxDataset, context: ImportContext): Promise<AssignedSplits> {
  const { writer, signal, onProgress, options } = context;
  const total = dataset.splits.reduce((count, { images }) => count + images.count, 0);
  let done = 0;
  for (const { images, fileName } of dataset.splits) {
    const { widthPx, heightPx, count } = images;
    const imageBytes = widthPx * heightPx;
    for (let index = 0; index < count; index++) {
      const bytes = images.pixels.slice(index * imageBytes, (index + 1) * imageBytes);
      await writer.add({ bytes, format: 'grey8', widthPx, heightPx, fileName: `${fileName} #${index}` });
      done++;
      if (done % 512 === 0 || done === total) {
        signal.throwIfAborted();
        onProgress({ phase: 'reading', done, total, label: fileName });
      }
    }
  }
  return assignIdxSplits(dataset, options);
}

/** Classes and splits of an IDX data set; samples are numbered through its splits in order. */
export function assignIdxSplits(dataset: IdxDataset, options: HoldOutOptions): AssignedSplits {
  const { classes, splits } = dataset;
  const labels = Int32Array.from(splits.flatMap((split) => [...split.labels]));
  const validation = splits.find(({ split }) => split === 'validation');
  const validates = new Uint8Array(labels.length);
  if (validation === undefined) {
    const { validationFraction, seed } = options;
    for (const sample of validationByClass(labels, validationFraction, seed)) validates[sample] = 1;
  } else {
    const [first] = splits;
    const start = first === validation ? 0 : (first?.images.count ?? 0);
    validates.fill(1, start, start + validation.images.count);
  }
  const pick = (wanted: 0 | 1) => {
    const samples = Int32Array.from(labels.keys()).filter((sample) => validates[sample] === wanted);
    return { samples, labels: samples.map((sample) => labels[sample] ?? 0) };
  };
  const validationNote = validation === undefined ? describeHeldOut(options) : describeFile(validation);
  return { classes, train: pick(0), validation: pick(1), problems: [], validationNote };
}

function describeFile({ fileName, images }: IdxSplit): string {
  return `Measured on the ${images.count.toLocaleString('en')} images of ${fileName}, which are never trained on.`;
}

function isClassNames(path: string): boolean {
  return path === classNamesFile || path.endsWith(`/${classNamesFile}`);
}

async function unpack(source: SourceFile): Promise<Uint8Array> {
  try {
    const bytes = await readSourceFile(source);
    return isGzip(bytes) ? await gunzip(bytes, maxUnpackedBytes) : bytes;
  } catch (error) {
    if (error instanceof FileProblem) throw new ImportError(`${source.path} ${error.message}`);
    throw error;
  }
}

/** The lines of a classes.txt beside the files; null where there is none. */
async function readClassNames(sources: readonly SourceFile[]): Promise<string[] | null> {
  const file = sources.find(({ path }) => isClassNames(path));
  if (file === undefined) return null;
  const lines = new TextDecoder().decode(await unpack(file)).split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
