/**
 * One import from beginning to end: recognises what was dropped (a zip, IDX files, class folders), reads it,
 * and stores it as one data set, or nothing.
 */
import { DatasetWriter } from './datasetWriter.ts';
import { arrangeFolderTree, isHousekeepingFile } from './folderTree.ts';
import type { ImageCodec } from './imageCodec.ts';
import { findIdxDataset, importIdx } from './importIdx.ts';
import { ImportError } from './importError.ts';
import { importTree, type ImportContext } from './importTree.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { holdImportLock, type ShardStore } from './shardStore.ts';
import { blobSource, type SourceFile } from './sourceFile.ts';
import { countPerClass, type AssignedSplits } from './splits.ts';
import type { ImportOptions, ImportProgress, ImportResult, PathedFile } from './types.ts';
import { isZip, openZip } from './zip.ts';

export interface ImportRequest {
  files: readonly PathedFile[];
  options: ImportOptions;
  /** Id the data set gets; where it is stored already, that one is the result. */
  datasetId: string;
}

export interface ImportTools {
  store: ShardStore;
  codec: ImageCodec;
  /** Aborting rejects the import with its reason; nothing stays behind. */
  signal: AbortSignal;
  onProgress: (progress: ImportProgress) => void;
}

/**
 * Imports files and resolves when the data set is complete and stored.
 *
 * @throws ImportError when there is nothing to train on, StorageError when the browser refuses to store, the
 *   signal's reason when it is aborted.
 */
export async function importFiles(request: ImportRequest, tools: ImportTools): Promise<ImportResult> {
  const { options, datasetId } = request;
  requireOptions(options);
  const sources = await openSources(request.files);
  return await holdImportLock(datasetId, async () => {
    const stored = await tools.store.summary(datasetId);
    if (stored !== undefined) return { dataset: stored, problems: [] };
    const writer = await DatasetWriter.begin(tools.store, datasetId);
    try {
      const context: ImportContext = { ...tools, writer, options };
      const { splits, manifest } = await importSources(sources, context);
      tools.signal.throwIfAborted();
      tools.onProgress({ phase: 'storing', done: 0, total: 1, label: options.name });
      const dataset = await writer.commit(
        {
          name: manifest.name ?? options.name,
          classes: splits.classes,
          trainPerClass: countPerClass(splits.train.labels, splits.classes.length),
          validationPerClass: countPerClass(splits.validation.labels, splits.classes.length),
          validationNote: manifest.validationNote ?? splits.validationNote,
        },
        { train: splits.train, validation: splits.validation },
      );
      tools.onProgress({ phase: 'storing', done: 1, total: 1, label: options.name });
      return { dataset, problems: splits.problems };
    } catch (error) {
      await writer.abort();
      throw error;
    }
  });
}

async function importSources(
  sources: readonly SourceFile[],
  context: ImportContext,
): Promise<{ splits: AssignedSplits; manifest: Manifest }> {
  const idx = await findIdxDataset(sources);
  if (idx !== null) {
    const splits = await importIdx(idx.dataset, context);
    return { splits: { ...splits, problems: idx.problems }, manifest: {} };
  }
  const arrangement = arrangeFolderTree(sources.map(({ path }) => path));
  const manifest = await readManifest(sources, arrangement);
  return { splits: await importTree(sources, arrangement, context), manifest };
}

/** The files themselves, or those in the only file when it is a zip. */
async function openSources(files: readonly PathedFile[]): Promise<SourceFile[]> {
  const meant = files.filter(({ path }) => !isHousekeepingFile(path));
  const [only] = meant;
  if (only !== undefined && meant.length === 1 && (await isZip(only.file))) {
    const unpacked = await openZip(only.file, only.path);
    return unpacked.filter(({ path }) => !isHousekeepingFile(path));
  }
  return meant.map(({ path, file }) => blobSource(path, file));
}

function requireOptions({ maxEdgePx, validationFraction, seed }: ImportOptions): void {
  if (!Number.isInteger(maxEdgePx) || maxEdgePx < 16 || maxEdgePx > 4096) {
    throw new ImportError(
      `The longest edge is ${maxEdgePx}, but must be a whole number of pixels from 16 to 4096.`,
    );
  }
  if (!(validationFraction > 0 && validationFraction < 1)) {
    throw new ImportError(`The validation share is ${validationFraction}, but must be between 0 and 1.`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ImportError(`The seed is ${seed}, but must be a whole number from 0 on.`);
  }
}
