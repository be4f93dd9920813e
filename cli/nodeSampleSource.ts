/**
 * A data set on disk, for the command line: a folder of class folders, IDX files or a zip, by the same rules
 * as the page's importer (src/data), decoded by sharp when a batch needs it. Nothing is copied or stored.
 */
import { openAsBlob } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { arrangeFolderTree, isHousekeepingFile } from '../src/data/folderTree.ts';
import { greyToRgba } from '../src/data/greyBitmap.ts';
import type { IdxDataset } from '../src/data/idx.ts';
import { readImageHeader } from '../src/data/imageHeader.ts';
import { assignIdxSplits, findIdxDataset } from '../src/data/importIdx.ts';
import { FileProblem, ImportError } from '../src/data/importError.ts';
import { readManifest } from '../src/data/manifest.ts';
import { mapOrdered } from '../src/data/ordered.ts';
import { readSourceFile, type SourceFile } from '../src/data/sourceFile.ts';
import {
  assignSplits,
  countPerClass,
  type AssignedSplits,
  type HoldOutOptions,
  type ReadableSample,
} from '../src/data/splits.ts';
import type {
  DatasetSummary,
  DecodedImage,
  ImportProblem,
  SampleSource,
  SplitName,
} from '../src/data/types.ts';
import { isZip, openZip } from '../src/data/zip.ts';

/** Where a sample's pixels come from. */
interface NodeSamples {
  fileName(sample: number): string;
  decode(sample: number): Promise<DecodedImage>;
  bytes: number;
  longestEdgePx: number;
}

/** What the data set says of itself. */
interface Description {
  name: string;
  validationNote: string;
}

export interface NodeSampleSource extends SampleSource {
  /** Files and classes that were left out, and why. */
  readonly problems: readonly ImportProblem[];
}

/**
 * Opens a data set. Reads the header and the end of every image, so that a broken file is a problem now and
 * not an error in the middle of a run.
 *
 * @param path a folder, a zip, or one of several IDX files in a folder.
 * @throws ImportError when there is nothing to train on, with what to do.
 */
export async function openNodeDataset(path: string, options: HoldOutOptions): Promise<NodeSampleSource> {
  const { root, sources } = await listSources(path);
  const idx = await findIdxDataset(sources);
  if (idx !== null) {
    const splits = assignIdxSplits(idx.dataset, options);
    const description = { name: basename(root), validationNote: splits.validationNote };
    return new FileSampleSource(
      root,
      description,
      { ...splits, problems: idx.problems },
      idxSamples(idx.dataset),
    );
  }
  const arrangement = arrangeFolderTree(sources.map((source) => source.path));
  const manifest = await readManifest(sources, arrangement);
  const problems = [...arrangement.problems];
  const readable: (ReadableSample & { source: SourceFile })[] = [];
  let longestEdgePx = 0;
  const checks = mapOrdered(arrangement.files, 16, async (arranged) => {
    const source = sources[arranged.file];
    if (source === undefined) throw new RangeError(`Import: there is no file ${arranged.file}.`);
    return { sample: { ...arranged, source }, edgePx: await checkImage(source) };
  });
  for await (const { sample, edgePx } of checks) {
    if (edgePx instanceof FileProblem) {
      problems.push({ path: sample.source.path, message: edgePx.message });
    } else {
      readable.push(sample);
      longestEdgePx = Math.max(longestEdgePx, edgePx);
    }
  }
  if (readable.length === 0) {
    const [first] = problems;
    const example = first === undefined ? '' : ` For example, ${first.path} ${first.message}`;
    throw new ImportError(`None of the files in ${path} could be read as an image.${example}`);
  }
  const splits = assignSplits(readable, options);
  problems.push(...splits.problems);
  const description = {
    name: manifest.name ?? basename(root),
    validationNote: manifest.validationNote ?? splits.validationNote,
  };
  const samples = imageSamples(
    readable.map(({ source }) => source),
    longestEdgePx,
  );
  return new FileSampleSource(root, description, { ...splits, problems }, samples);
}

class FileSampleSource implements NodeSampleSource {
  readonly summary: DatasetSummary;
  readonly problems: readonly ImportProblem[];

  constructor(
    root: string,
    { name, validationNote }: Description,
    private readonly splits: AssignedSplits,
    private readonly samples: NodeSamples,
  ) {
    const { classes, train, validation } = splits;
    this.problems = splits.problems;
    this.summary = {
      id: root,
      name,
      classes,
      trainPerClass: countPerClass(train.labels, classes.length),
      validationPerClass: countPerClass(validation.labels, classes.length),
      bytes: samples.bytes,
      maxEdgePx: samples.longestEdgePx,
      createdAtMs: Date.now(),
      validationNote,
    };
  }

  labels(split: SplitName): Int32Array {
    return this.splits[split].labels;
  }

  fileName(split: SplitName, index: number): string {
    return this.samples.fileName(this.sampleAt(split, index));
  }

  async decode(split: SplitName, indices: readonly number[]): Promise<DecodedImage[]> {
    return await Promise.all(indices.map((index) => this.samples.decode(this.sampleAt(split, index))));
  }

  close(): void {
    // Files are opened and closed with every read.
  }

  private sampleAt(split: SplitName, index: number): number {
    const { samples } = this.splits[split];
    const sample = samples[index];
    if (sample === undefined) {
      throw new RangeError(`Data set: ${split} has ${samples.length} samples, there is no sample ${index}.`);
    }
    return sample;
  }
}

async function listSources(path: string): Promise<{ root: string; sources: SourceFile[] }> {
  const found = await stat(path).catch(() => null);
  if (found === null)
    throw new ImportError(`${path} does not exist. Give a folder of class folders, IDX files or a zip.`);
  if (found.isDirectory()) return { root: path, sources: await listFolder(path) };
  const file = await openAsBlob(path);
  if (await isZip(file)) return { root: path, sources: await openZip(file, path) };
  // One IDX file of several: the others lie beside it.
  const folder = dirname(path);
  return { root: folder, sources: (await listFolder(folder)).filter((source) => !source.path.includes('/')) };
}

async function listFolder(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sources: SourceFile[] = [];
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file).split(sep).join('/');
    if (isHousekeepingFile(path)) continue;
    // Links to files count, as for ImageFolder.
    const status = await stat(file).catch(() => null);
    if (status?.isFile() === true) sources.push(diskSource(file, path, status.size));
  }
  return sources;
}

function diskSource(file: string, path: string, sizeBytes: number): SourceFile {
  return {
    path,
    sizeBytes,
    async read() {
      try {
        return new Uint8Array(await readFile(file));
      } catch (error) {
        throw new FileProblem(
          `could not be read (${error instanceof Error ? error.message : String(error)}).`,
        );
      }
    },
  };
}

/** The longest edge in pixels (0 where only a decoder can tell), or what is wrong with the file. */
async function checkImage(source: SourceFile): Promise<number | FileProblem> {
  try {
    const { mimeType, size } = readImageHeader(await readSourceFile(source));
    if (mimeType === 'image/bmp')
      return new FileProblem('is BMP, which sharp cannot decode. Save it as PNG.');
    if (mimeType === 'image/heic') {
      return new FileProblem('is HEIC, which sharp cannot decode: export it as JPEG.');
    }
    return size === null ? 0 : Math.max(size.widthPx, size.heightPx);
  } catch (error) {
    if (error instanceof FileProblem) return error;
    throw error;
  }
}

function imageSamples(sources: readonly SourceFile[], longestEdgePx: number): NodeSamples {
  const at = (sample: number): SourceFile => {
    const source = sources[sample];
    if (source === undefined) throw new RangeError(`Data set: there is no file ${sample}.`);
    return source;
  };
  return {
    bytes: sources.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    longestEdgePx,
    fileName: (sample) => at(sample).path,
    async decode(sample) {
      const source = at(sample);
      try {
        return await decodeImage(await readSourceFile(source));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ImportError(`${source.path} cannot be decoded: ${reason} Remove or replace the file.`);
      }
    },
  };
}

/** Upright, without applying alpha or a colour profile, as Pillow's convert('RGB') gives it. */
export async function decodeImage(encoded: Uint8Array): Promise<DecodedImage> {
  const image = sharp(encoded, { failOn: 'error', ignoreIcc: true }).autoOrient();
  if ((await image.metadata()).space === 'cmyk') return await decodeCmyk(image);
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data) };
}

/**
 * sharp converts CMYK by a printer's colour profile; Pillow and Chromium by the plain product of each ink's
 * and black's complement. This is Pillow's cmyk2rgb (Convert.c), which rounds; Chromium truncates.
 */
async function decodeCmyk(image: Sharp): Promise<DecodedImage> {
  const { data, info } = await image
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const rgba = new Uint8Array(info.width * info.height * 4).fill(255);
  for (let at = 0; at < rgba.length; at += 4) {
    const light = 255 - (data[at + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      const product = (data[at + channel] ?? 0) * light + 128;
      rgba[at + channel] = light - (((product >> 8) + product) >> 8);
    }
  }
  return { kind: 'pixels', widthPx: info.width, heightPx: info.height, rgba };
}

function idxSamples(dataset: IdxDataset): NodeSamples {
  const find = (sample: number) => {
    let first = 0;
    for (const split of dataset.splits) {
      if (sample < first + split.images.count) return { split, index: sample - first };
      first += split.images.count;
    }
    throw new RangeError(`Data set: there is no image ${sample}.`);
  };
  return {
    bytes: dataset.splits.reduce((bytes, { images }) => bytes + images.pixels.length, 0),
    longestEdgePx: Math.max(...dataset.splits.map(({ images }) => Math.max(images.widthPx, images.heightPx))),
    fileName(sample) {
      const { split, index } = find(sample);
      return `${split.fileName} #${index}`;
    },
    decode(sample) {
      const { split, index } = find(sample);
      const { widthPx, heightPx, pixels } = split.images;
      const imageBytes = widthPx * heightPx;
      const grey = pixels.subarray(index * imageBytes, (index + 1) * imageBytes);
      return Promise.resolve({ kind: 'pixels', widthPx, heightPx, rgba: greyToRgba(grey) });
    },
  };
}
