/**
 * TrivialAugmentWide's operations on the GPU against torchvision and Pillow: identical bytes, but for interpolated
 * coordinates, where a GPU has no doubles.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { autoContrastByte } from '../../src/augment/autoContrastCorrections.ts';
import { BatchAugmenter } from '../../src/augment/batchAugmenter.ts';
import type { PixelImage, SampleParameters } from '../../src/augment/parameters.ts';
import { augmentReference } from '../../src/augment/reference/sample.ts';
import { blend } from '../../src/augment/reference/enhance.ts';
import { blendTable } from '../../src/augment/operationTables.ts';
import { operationOfBin, type PixelOperation } from '../../src/augment/trivialAugment.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sha256 } from './goldens.ts';
import { hashUint32, patternImage, withoutAlpha } from './patterns.ts';
import {
  operationTitle,
  readHashedPixelOperationGoldens,
  readPixelOperationGoldens,
} from './pixelOperationGoldens.ts';

let augmenter: BatchAugmenter;

beforeAll(async () => {
  const { device } = await createTestDevice();
  augmenter = new BatchAugmenter(device);
});
afterAll(() => {
  augmenter.destroy();
});

const interpolating: readonly PixelOperation['name'][] = ['ShearX', 'ShearY', 'Rotate'];

/** Translations and quarter turns are copies. */
function isExact({ name, magnitude }: PixelOperation): boolean {
  return !interpolating.includes(name) || (name === 'Rotate' && magnitude % 90 === 0);
}

/** The whole image, changed by the operation. */
function only({ widthPx, heightPx }: PixelImage, operation: PixelOperation): SampleParameters {
  const box = { leftPx: 0, topPx: 0, widthPx, heightPx };
  return {
    ...{ crop: box, resize: { widthPx, heightPx }, window: box },
    ...{ flipHorizontally: false, operation, erase: null },
  };
}

/** The RGB bytes of an image after each operation, all in one batch. */
async function applyAll(image: PixelImage, operations: readonly PixelOperation[]): Promise<Uint8Array[]> {
  const parameters = operations.map((operation) => only(image, operation));
  const images = operations.map(() => image);
  const rgba = await augmenter.augmentToBytes(images, parameters, image);
  const bytes = image.widthPx * image.heightPx * 4;
  return operations.map((_, index) => withoutAlpha(new Uint8Array(rgba.buffer, index * bytes, bytes)));
}

interface Difference {
  bytes: number;
  different: number;
  largest: number;
}

function addDifference(sum: Difference, actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  sum.bytes += expected.length;
  for (const [index, byte] of expected.entries()) {
    const difference = Math.abs(byte - (actual[index] ?? Number.NaN));
    if (difference === 0) continue;
    sum.different += 1;
    sum.largest = Math.max(sum.largest, difference);
  }
}

describe('operations against torchvision and Pillow', () => {
  const goldens = readPixelOperationGoldens();
  const differences = new Map<PixelOperation['name'], Difference>();

  it.each(goldens)('$name: every byte, or within 1 where coordinates are interpolated', async (golden) => {
    const operations = golden.cases.map(({ operation }) => operation);
    const results = await applyAll(golden.image, operations);
    for (const [index, { operation, expected }] of golden.cases.entries()) {
      const sum = differences.get(operation.name) ?? { bytes: 0, different: 0, largest: 0 };
      differences.set(operation.name, sum);
      const before = sum.different;
      addDifference(sum, results[index] ?? new Uint8Array(0), expected);
      if (isExact(operation)) expect(sum.different - before, operationTitle(operation)).toBe(0);
    }
  });

  it('keeps 99.9 % of the bytes of each interpolating operation, and is never off by more than 1', () => {
    for (const name of interpolating) {
      const { bytes, different, largest } = differences.get(name) ?? { bytes: 0, different: 0, largest: 0 };
      expect(bytes, name).toBeGreaterThan(1e5);
      expect(different / bytes, name).toBeLessThan(0.001);
      expect(largest, name).toBeLessThanOrEqual(1);
    }
  });

  it.each(readHashedPixelOperationGoldens())('$name: hashes of what is exact', async ({ image, cases }) => {
    const exact = cases.filter(({ operation }) => isExact(operation));
    const results = await applyAll(
      image,
      exact.map(({ operation }) => operation),
    );
    const different = exact.filter(
      ({ sha256Start }, index) => !sha256(results[index] ?? new Uint8Array(0)).startsWith(sha256Start),
    );
    expect(different.map(({ operation }) => operationTitle(operation))).toEqual([]);
  });
});

describe('operations where goldens do not reach', () => {
  it('AutoContrast gives Pillow’s bytes for all 32,640 pairs of lowest and highest', async () => {
    const pairs: { low: number; high: number }[] = [];
    for (let low = 0; low < 255; low++)
      for (let high = low + 1; high < 256; high++) pairs.push({ low, high });
    // Three pairs an image, one a channel; every value from low to high occurs.
    const images: PixelImage[] = [];
    for (let first = 0; first < pairs.length; first += 3) {
      const rgba = new Uint8Array(256 * 4);
      for (const [channel, { low, high }] of pairs.slice(first, first + 3).entries()) {
        for (let at = 0; at < 256; at++) rgba[at * 4 + channel] = Math.min(high, Math.max(low, at));
      }
      images.push({ kind: 'pixels', widthPx: 16, heightPx: 16, rgba });
    }
    const autoContrast = operationOfBin('AutoContrast', 0, false);
    const parameters = images.map((image) => only(image, autoContrast));
    const rgba = await augmenter.augmentToBytes(images, parameters, { widthPx: 16, heightPx: 16 });
    const wrong = pairs.filter(({ low, high }, index) => {
      const start = Math.floor(index / 3) * 1024 + (index % 3);
      for (let at = low; at <= high; at++) {
        if (rgba[start + at * 4] !== autoContrastByte(at, low, high)) return true;
      }
      return false;
    });
    expect(wrong).toEqual([]);
  });

  it('the blend’s tables give Pillow’s float32 bytes for every pair of bytes', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const magnitude of [-0.99, -0.495, -0.033, 0, 0.033, 0.363, 0.99, 2.7, -1.5]) {
      const table = blendTable(1 + magnitude);
      const wrong: string[] = [];
      for (let degenerate = 0; degenerate < 256; degenerate++) {
        const expected = blend(new Uint8Array(256).fill(degenerate), bytes, 1 + magnitude);
        for (let value = 0; value < 256; value++) {
          const entry = table[value - degenerate + 255] ?? Number.NaN;
          const whole = degenerate + (entry >> 9);
          const byte = Math.min(255, Math.max(0, whole + (whole >= (entry & 511) ? 1 : 0)));
          if (byte !== expected[value]) wrong.push(`${degenerate} ${value}`);
        }
      }
      expect(wrong, `factor ${1 + magnitude}`).toEqual([]);
    }
  });

  it('agrees with the CPU reference after crop, resize and flip, on outputs that are not square', async () => {
    const names = ['Rotate', 'Sharpness', 'Color', 'Contrast', 'Equalize', 'TranslateY', 'ShearX'] as const;
    const size = { widthPx: 53, heightPx: 34 };
    const images = names.map((_, index) => patternImage('photo', 90 + index, 120 - 3 * index, index));
    const parameters = names.map((name, index): SampleParameters => ({
      crop: { leftPx: index, topPx: 5, widthPx: 80, heightPx: 70 + index },
      resize: { widthPx: 60, heightPx: 40 },
      // Partly outside the resized image, which is black there.
      window: { leftPx: -3 + index, topPx: 8, ...size },
      flipHorizontally: index % 2 === 0,
      operation: operationOfBin(name, hashUint32(index) % 31, index % 3 === 0),
      erase: null,
    }));
    const rgba = await augmenter.augmentToBytes(images, parameters, size);
    const bytes = size.widthPx * size.heightPx * 4;
    for (const [index, image] of images.entries()) {
      const sample = parameters[index];
      if (sample?.operation === null || sample === undefined) throw new Error('each has an operation');
      const sum = { bytes: 0, different: 0, largest: 0 };
      const actual = withoutAlpha(new Uint8Array(rgba.buffer, index * bytes, bytes));
      addDifference(sum, actual, augmentReference(image, sample));
      const name = operationTitle(sample.operation);
      expect(sum.different, name).toBeLessThanOrEqual(isExact(sample.operation) ? 0 : 5);
      expect(sum.largest, name).toBeLessThanOrEqual(1);
    }
  });
});
