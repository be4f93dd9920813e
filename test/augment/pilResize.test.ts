/** The CPU reference against torchvision and Pillow, byte for byte. */
import { describe, expect, it } from 'vitest';
import { normalise, normaliseTable } from '../../src/augment/normalise.ts';
import type { SampleParameters } from '../../src/augment/parameters.ts';
import { axisTable, resizeReference } from '../../src/augment/pilResize.ts';
import { caseImage, caseName, caseParameters, goldens, sha256 } from './goldens.ts';
import { patternImage, withoutAlpha } from './patterns.ts';

describe('resizeReference', () => {
  it('has goldens of at least 20 image sizes', () => {
    expect(new Set(goldens.cases.map(({ width, height }) => `${width}×${height}`)).size).toBeGreaterThan(20);
  });

  it.each(goldens.cases.map((golden) => ({ name: caseName(golden), golden })))('$name', ({ golden }) => {
    const image = caseImage(golden);
    expect(sha256(withoutAlpha(image.rgba)), 'source pixels').toBe(golden.source);
    const rgb = resizeReference(image, caseParameters(golden));
    expect(sha256(rgb), 'resized pixels').toBe(golden.rgb);
    expect(sha256(normalise(rgb)), 'normalised values').toBe(golden.normalised);
  });

  it('keeps the pixels when nothing changes size', () => {
    const image = patternImage('noise', 9, 9, 1);
    const rgb = resizeReference(image, wholeImage(9));
    expect(rgb).toEqual(withoutAlpha(image.rgba));
  });

  it('gives black outside the resized image', () => {
    const image = { ...patternImage('noise', 2, 2, 1), rgba: new Uint8Array(16).fill(255) };
    const parameters = { ...wholeImage(2), window: { leftPx: -1, topPx: -2, widthPx: 5, heightPx: 5 } };
    const red = resizeReference(image, parameters).filter((_, index) => index % 3 === 0);
    expect([...red]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it('refuses a crop outside the image, naming both', () => {
    const parameters = wholeImage(9);
    parameters.crop.leftPx = 1;
    expect(() => resizeReference(patternImage('noise', 9, 9, 1), parameters)).toThrow(
      /crop 9×9 at \(1, 0\) is not inside the image of 9×9 px/,
    );
  });

  it('refuses an image whose bytes are missing', () => {
    const image = { ...patternImage('noise', 9, 9, 1), rgba: new Uint8Array(9 * 9 * 3) };
    expect(() => resizeReference(image, wholeImage(9))).toThrow(/needs 324 bytes of RGBA, but has 243/);
  });

  it('refuses parameters that are not whole numbers, naming the field', () => {
    const parameters = wholeImage(9);
    parameters.window.topPx = 0.5;
    expect(() => resizeReference(patternImage('noise', 9, 9, 1), parameters)).toThrow(
      /window\.topPx is 0\.5/,
    );
  });
});

describe('axisTable', () => {
  it('gives coefficients that add up to one, within their rounding, and stay inside the source', () => {
    for (const [inPx, outPx] of [
      [1, 32],
      [7, 5],
      [512, 176],
      [100, 101],
      [333, 1],
    ] as const) {
      const table = axisTable(inPx, outPx, 0, outPx);
      for (let at = 0; at < table.entries.length; at += table.strideInts) {
        const [first = -1, taps = 0, ...coefficients] = table.entries.subarray(at, at + table.strideInts);
        expect(first).toBeGreaterThanOrEqual(table.sourceFirst);
        expect(first + taps).toBeLessThanOrEqual(table.sourceFirst + table.sourceCount);
        const sum = coefficients.reduce((total, coefficient) => total + coefficient, 0);
        expect(Math.abs(sum - 2 ** 22)).toBeLessThanOrEqual(taps);
        // The kernels add in 32-bit integers.
        expect(sum * 255 + 2 ** 21).toBeLessThan(2 ** 31);
      }
    }
  });

  it('gives a window the same entries as the whole axis', () => {
    const whole = axisTable(300, 232, 0, 232);
    const part = axisTable(300, 232, 4, 224);
    expect(part.entries).toEqual(whole.entries.subarray(4 * whole.strideInts, 228 * whole.strideInts));
  });
});

describe('normalise', () => {
  it('gives the bits of torchvision for every byte', () => {
    expect(sha256(normaliseTable())).toBe(goldens.normalised);
  });
});

function wholeImage(sizePx: number): SampleParameters {
  return {
    crop: { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx },
    resize: { widthPx: sizePx, heightPx: sizePx },
    window: { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx },
    flipHorizontally: false,
    operation: null,
    erase: null,
  };
}
