/** Imports of made-up files into fake-indexeddb. */
import sharp from 'sharp';
import { importFiles } from '../../../src/data/importFiles.ts';
import { ShardStore } from '../../../src/data/shardStore.ts';
import type { ImportOptions, ImportProgress, ImportResult, PathedFile } from '../../../src/data/types.ts';
import { sharpCodec } from './sharpCodec.ts';

export const importOptions: ImportOptions = {
  name: 'Pictures',
  maxEdgePx: 64,
  validationFraction: 0.2,
  seed: 0,
};

/** A PNG of one colour. */
export async function flatPng(red: number, widthPx = 8, heightPx = 8): Promise<Uint8Array<ArrayBuffer>> {
  const background = { r: red, g: 40, b: 90 };
  const image = sharp({ create: { width: widthPx, height: heightPx, channels: 3, background } });
  return new Uint8Array(await image.png().toBuffer());
}

export function file(path: string, content: Uint8Array<ArrayBuffer> | string): PathedFile {
  return { path, file: new Blob([content]) };
}

/** `count` PNGs in each class folder, every one with its own colour. */
export async function classFolders(counts: Record<string, number>, above = ''): Promise<PathedFile[]> {
  const files: PathedFile[] = [];
  for (const [className, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) files.push(file(`${above}${className}/${i}.png`, await flatPng(i)));
  }
  return files;
}

export interface ImportRun {
  datasetId?: string;
  options?: Partial<ImportOptions>;
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

/** One import with a store of its own. */
export async function runImport(files: readonly PathedFile[], run: ImportRun = {}): Promise<ImportResult> {
  const store = await ShardStore.open();
  try {
    return await importFiles(
      { files, options: { ...importOptions, ...run.options }, datasetId: run.datasetId ?? 'test' },
      {
        store,
        codec: sharpCodec,
        signal: run.signal ?? new AbortController().signal,
        onProgress: run.onProgress ?? (() => undefined),
      },
    );
  } finally {
    store.close();
  }
}
