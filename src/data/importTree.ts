/** Imports a tree of class folders: every file is checked by decoding it, and stored in order. */
import { prepareImage, maxPixels, type EncodedImage, type ImageCodec } from './imageCodec.ts';
import type { DatasetWriter } from './datasetWriter.ts';
import type { FolderArrangement } from './folderTree.ts';
import { FileProblem, ImportError } from './importError.ts';
import { CostGate, mapOrdered } from './ordered.ts';
import { readSourceFile, type SourceFile } from './sourceFile.ts';
import { assignSplits, type AssignedSplits, type ReadableSample } from './splits.ts';
import type { ImportOptions, ImportProblem, ImportProgress } from './types.ts';

/** Files read and decoded at once: enough to keep the browser's decoder threads busy. */
const concurrency = 8;

export interface ImportContext {
  writer: DatasetWriter;
  codec: ImageCodec;
  options: ImportOptions;
  signal: AbortSignal;
  onProgress: (progress: ImportProgress) => void;
}

/** Stores the readable images of the tree and says which splits they make. */
export async function importTree(
  sources: readonly SourceFile[],
  arrangement: FolderArrangement,
  context: ImportContext,
): Promise<AssignedSplits> {
  const { writer, codec, options, signal, onProgress } = context;
  const problems: ImportProblem[] = [...arrangement.problems];
  const readable: ReadableSample[] = [];
  const total = arrangement.files.length;
  const gate = new CostGate(maxPixels);

  const outcomes = mapOrdered(arrangement.files, concurrency, async (arranged) => {
    signal.throwIfAborted();
    const source = sources[arranged.file];
    if (source === undefined) throw new RangeError(`Import: there is no file ${arranged.file}.`);
    const image = await orProblem(async () =>
      prepareImage(await readSourceFile(source), options.maxEdgePx, codec, gate),
    );
    return { arranged, path: source.path, image };
  });
  let done = 0;
  let firstFailure: ImportProblem | null = null;
  for await (const { arranged, path, image } of outcomes) {
    signal.throwIfAborted();
    if (image instanceof FileProblem) {
      const problem = { path, message: image.message };
      firstFailure ??= problem;
      problems.push(problem);
    } else {
      await writer.add(toSample(image, path));
      readable.push(arranged);
    }
    done++;
    onProgress({ phase: 'reading', done, total, label: arranged.className });
  }
  if (readable.length === 0) throw noneReadable(total, firstFailure);
  const assigned = assignSplits(readable, options);
  problems.push(...emptyClasses(arrangement, readable), ...assigned.problems);
  return { ...assigned, problems };
}

async function orProblem(work: () => Promise<EncodedImage>): Promise<EncodedImage | FileProblem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileProblem) return error;
    throw error;
  }
}

function toSample({ bytes, mimeType, widthPx, heightPx }: EncodedImage, path: string) {
  return { bytes, format: mimeType, widthPx, heightPx, fileName: path };
}

function noneReadable(total: number, first: ImportProblem | null): ImportError {
  const example = first === null ? '' : ` For example, ${first.path} ${first.message}`;
  return new ImportError(`None of the ${total} files could be read as an image.${example}`);
}

function emptyClasses(arrangement: FolderArrangement, readable: readonly ReadableSample[]): ImportProblem[] {
  const found = new Set(readable.map(({ className }) => className));
  const named = new Set(arrangement.files.map(({ className }) => className));
  return [...named]
    .filter((className) => !found.has(className))
    .map((path) => ({
      path,
      message: 'This class has no image that could be read, so it was left out.',
    }));
}
