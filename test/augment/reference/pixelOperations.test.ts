/** The CPU reference of TrivialAugmentWide's operations against torchvision and Pillow, byte for byte. */
import { describe, expect, it } from 'vitest';
import { applyOperation } from '../../../src/augment/reference/applyOperation.ts';
import { pixelOperationNames } from '../../../src/augment/trivialAugment.ts';
import { autoContrastTable } from '../../../src/augment/reference/byteTables.ts';
import { sha256 } from '../goldens.ts';
import {
  autoContrastTablesSha256,
  operationTitle,
  readHashedPixelOperationGoldens,
  readPixelOperationGoldens,
} from '../pixelOperationGoldens.ts';

const goldens = readPixelOperationGoldens();
const hashedGoldens = readHashedPixelOperationGoldens();

describe('applyOperation', () => {
  it('has goldens of every operation on at least ten sizes, from 1×1 up', () => {
    const everyBin = goldens.filter(({ name }) => name.endsWith('everyBin'));
    expect(new Set(everyBin.map(({ image }) => `${image.widthPx}×${image.heightPx}`)).size).toBeGreaterThan(
      9,
    );
    for (const { cases } of everyBin) {
      expect(new Set(cases.map(({ operation }) => operation.name))).toEqual(new Set(pixelOperationNames));
      // 9 operations with signs, 2 without, 3 without magnitude.
      expect(cases).toHaveLength(9 * 31 * 2 + 2 * 31 + 3);
    }
  });

  it.each(goldens)('$name: every byte', ({ image, rgb, sourceSha256, cases }) => {
    expect(sha256(rgb), 'source pixels').toBe(sourceSha256);
    const before = rgb.slice();
    const different = cases.flatMap(({ operation, expected }) => {
      const actual = applyOperation(rgb, image.widthPx, image.heightPx, operation);
      const count = expected.filter((byte, index) => byte !== actual[index]).length;
      return count > 0 || actual.length !== expected.length
        ? [`${operationTitle(operation)}: ${count} of ${expected.length}`]
        : [];
    });
    expect(different).toEqual([]);
    expect(rgb, 'the source is left as it was').toEqual(before);
  });

  it.each(hashedGoldens)('$name: hashes of all results', ({ image, rgb, sourceSha256, cases }) => {
    expect(sha256(rgb), 'source pixels').toBe(sourceSha256);
    const different = cases.flatMap(({ operation, sha256Start }) => {
      const actual = applyOperation(rgb, image.widthPx, image.heightPx, operation);
      return sha256(actual).startsWith(sha256Start) ? [] : [operationTitle(operation)];
    });
    expect(different).toEqual([]);
  });

  it('leaves a level of Equalize that would be 256 at 255', () => {
    const rgb = new Uint8Array(512 * 3);
    rgb[511 * 3] = 255;
    expect(applyOperation(rgb, 32, 16, { name: 'Equalize', magnitude: 0, bin: null })[511 * 3]).toBe(255);
  });

  it('refuses bytes that are not the size’s', () => {
    const identity = { name: 'Identity', magnitude: 0, bin: null } as const;
    expect(() => applyOperation(new Uint8Array(9), 2, 2, identity)).toThrow(
      /needs 12 bytes of RGB, but has 9/,
    );
  });
});

describe('autoContrastTable', () => {
  it('gives Pillow’s tables for all pairs of lowest and highest byte', () => {
    const tables: Uint8Array[] = [];
    for (let low = 0; low < 255; low++) {
      for (let high = low + 1; high < 256; high++) {
        const histogram = new Uint32Array(256);
        histogram[low] = histogram[high] = 1;
        const table = autoContrastTable(histogram);
        // Some of Pillow's doubles leave the highest byte at 254, and what is above it cannot occur.
        tables.push(table.map((_, byte) => table[Math.min(high, Math.max(low, byte))] ?? 0));
      }
    }
    expect(sha256(new Uint8Array(Buffer.concat(tables)))).toBe(autoContrastTablesSha256);
  });
});
