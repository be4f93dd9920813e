/** Reads test/goldens/pixel-operations.* (made by scripts/goldens/pixel_operations.py). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { PixelImage } from '../../src/augment/parameters.ts';
import type { PixelOperation } from '../../src/augment/trivialAugment.ts';
import { patternImage, withoutAlpha, type PatternName } from './patterns.ts';

/** An image and what torchvision makes of it with each operation. */
export interface PixelOperationGolden {
  name: string;
  image: PixelImage;
  /** The image's own RGB bytes, and the SHA-256 that they must have. */
  rgb: Uint8Array;
  sourceSha256: string;
  cases: PixelOperationCase[];
}

export interface PixelOperationCase {
  operation: PixelOperation;
  /** RGB bytes, [height, width, 3]. */
  expected: Uint8Array;
}

/** As PixelOperationGolden, for larger images, of whose results only the hashes are kept. */
export interface HashedPixelOperationGolden extends Omit<PixelOperationGolden, 'cases'> {
  /** The first 16 hex digits of the SHA-256 of each result's RGB bytes. */
  cases: { operation: PixelOperation; sha256Start: string }[];
}

type OperationRow = [name: PixelOperation['name'], magnitude: number, bin: number | null];

interface ImageEntry {
  pattern: PatternName;
  width: number;
  height: number;
  seed: number;
  source: string;
  operations: string;
}

interface GoldenFile {
  autoContrastTables: string;
  operations: Record<string, OperationRow[]>;
  images: (ImageEntry & { offset: number })[];
  hashed: (ImageEntry & { sha256: string })[];
}

const folder = new URL('../goldens/', import.meta.url);
const file = JSON.parse(readFileSync(new URL('pixel-operations.json', folder), 'utf8')) as GoldenFile;

/** SHA-256 of Pillow's autocontrast tables for all pairs low < high, 256 bytes each, clamped to the pair. */
export const autoContrastTablesSha256 = file.autoContrastTables;

export function readPixelOperationGoldens(): PixelOperationGolden[] {
  const results = new Uint8Array(gunzipSync(readFileSync(new URL('pixel-operations.bin.gz', folder))));
  return file.images.map((entry) => {
    const bytes = entry.width * entry.height * 3;
    const cases = operationsOf(entry).map((operation, index) => {
      const start = entry.offset + index * bytes;
      return { operation, expected: results.subarray(start, start + bytes) };
    });
    return { ...imageOf(entry), cases };
  });
}

export function readHashedPixelOperationGoldens(): HashedPixelOperationGolden[] {
  return file.hashed.map((entry) => {
    const cases = operationsOf(entry).map((operation, index) => ({
      operation,
      sha256Start: entry.sha256.slice(index * 16, (index + 1) * 16),
    }));
    return { ...imageOf(entry), cases };
  });
}

export function operationTitle({ name, magnitude, bin }: PixelOperation): string {
  return bin === null ? `${name} ${magnitude}` : `${name} ${magnitude} (bin ${bin})`;
}

function operationsOf(entry: ImageEntry): PixelOperation[] {
  const rows = file.operations[entry.operations];
  if (rows === undefined) throw new Error(`The goldens have no list of operations "${entry.operations}".`);
  return rows.map(([name, magnitude, bin]) => ({ name, magnitude, bin }));
}

function imageOf({ pattern, width, height, seed, source, operations }: ImageEntry) {
  const image = patternImage(pattern, width, height, seed);
  return {
    name: `${pattern} ${width}×${height}, ${operations}`,
    image,
    rgb: withoutAlpha(image.rgba),
    sourceSha256: source,
  };
}
