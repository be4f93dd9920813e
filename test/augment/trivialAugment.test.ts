import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { magnitudeKind, operationOfBin, pixelOperationNames } from '../../src/augment/trivialAugment.ts';

interface Golden {
  operations: { name: string; signed: boolean; magnitudes: number[] | null }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../goldens/trivialAugment.json', import.meta.url), 'utf8'),
) as Golden;

describe('TrivialAugmentWide', () => {
  it('has torchvision’s operations in its order', () => {
    expect(pixelOperationNames).toEqual(golden.operations.map(({ name }) => name));
  });

  it.each(pixelOperationNames)('%s has torchvision’s 31 magnitudes, bit for bit, and its signs', (name) => {
    const expected = golden.operations.find((operation) => operation.name === name);
    const kind = magnitudeKind(name);
    if (expected?.magnitudes == null) {
      expect(kind).toBe('none');
      expect(operationOfBin(name, 7, true)).toEqual({ name, magnitude: 0, bin: null });
      return;
    }
    expect(kind).toBe(expected.signed ? 'signed' : 'unsigned');
    expected.magnitudes.forEach((magnitude, bin) => {
      expect(operationOfBin(name, bin, false)).toEqual({ name, magnitude, bin });
      expect(operationOfBin(name, bin, true).magnitude).toBe(expected.signed ? -magnitude : magnitude);
    });
  });

  it('refuses bins that are not there', () => {
    expect(() => operationOfBin('Rotate', 31, false)).toThrow(/Rotate: bin 31/);
    expect(() => operationOfBin('Rotate', 1.5, false)).toThrow(/bin 1\.5/);
  });
});
