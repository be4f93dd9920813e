/** What a data set is to everything above the shard store. */

export type SplitName = 'train' | 'validation';

export interface DatasetSummary {
  id: string;
  name: string;
  /** Class names in label order (sorted by code point, as ImageFolder does). */
  classes: string[];
  trainPerClass: number[];
  validationPerClass: number[];
  /** Stored bytes, encoded images only. */
  bytes: number;
  /** Longest edge stored, in pixels. */
  maxEdgePx: number;
  /** Unix time in ms. */
  createdAtMs: number;
  /** What a validation result on this split measures, in a sentence for the page. */
  validationNote: string;
}

/** Pixels of one image, upright, alpha dropped (the alpha byte is to be ignored). */
export type DecodedImage =
  | { kind: 'pixels'; widthPx: number; heightPx: number; rgba: Uint8Array }
  | { kind: 'bitmap'; widthPx: number; heightPx: number; bitmap: ImageBitmap };

/** Random access to the samples of one data set; implemented on IndexedDB (browser) and files (Node). */
export interface SampleSource {
  readonly summary: DatasetSummary;
  /** Label of each sample of the split, in stored order. */
  labels(split: SplitName): Int32Array;
  /** File name of a sample, for messages and the page. */
  fileName(split: SplitName, index: number): string;
  /**
   * Decodes the samples with these indices, in that order. The caller owns the result (closes bitmaps).
   * Throws an error that names the file when stored bytes are damaged (checksum) or do not decode.
   */
  decode(split: SplitName, indices: readonly number[]): Promise<DecodedImage[]>;
  close(): void;
}

/** A file that was not imported, with a message a person can act on. */
export interface ImportProblem {
  path: string;
  message: string;
}

export interface ImportProgress {
  phase: 'reading' | 'storing';
  done: number;
  total: number;
  /** Class or file being worked on. */
  label: string;
}

export interface ImportOptions {
  name: string;
  /** Larger images are stored with this longest edge. */
  maxEdgePx: number;
  /** Share of each class that is held out where the files have no validation folder, in (0, 1). */
  validationFraction: number;
  seed: number;
}

/** A file with its path relative to what was dropped, folders separated by `/`. */
export interface PathedFile {
  path: string;
  file: Blob;
}

export interface ImportResult {
  dataset: DatasetSummary;
  problems: ImportProblem[];
}

/** What the importer worker does for the page (through Comlink; callbacks by Comlink.proxy). */
export interface ImporterApi {
  /**
   * Imports a folder tree, IDX files (plain or .gz) or one zip of either: it recognises which.
   * Rejects with a message to show when there is nothing to train on; individual unreadable files are
   * returned as problems instead. Nothing is stored unless it resolves.
   */
  importFiles(
    files: PathedFile[],
    options: ImportOptions,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportResult>;
  /** Fetches the demo zip of the page and imports it; returns the stored one if it is there already. */
  importDemo(zipUrl: string, onProgress: (progress: ImportProgress) => void): Promise<ImportResult>;
  /** Stops the import in progress; its promise rejects with an error named `AbortError`. */
  cancel(): Promise<void>;
  listDatasets(): Promise<DatasetSummary[]>;
  deleteDataset(id: string): Promise<void>;
  /** A few encoded images to show: evenly spread over the classes. */
  sampleImages(id: string, split: SplitName, count: number): Promise<{ blob: Blob; label: number }[]>;
}
