/** Whole samples and mixed batches on the CPU against torchvision, bit for bit, and what is refused. */
import { describe, expect, it } from 'vitest';
import { mixReference } from '../../../src/augment/reference/mix.ts';
import { augmentReference, tensorReference } from '../../../src/augment/reference/sample.ts';
import type { SampleParameters } from '../../../src/augment/parameters.ts';
import type { PixelOperation } from '../../../src/augment/trivialAugment.ts';
import { sha256 } from '../goldens.ts';
import { patternImage, withoutAlpha } from '../patterns.ts';
import { mixGoldens, mixImages, sampleStageGoldens } from '../sampleStageGoldens.ts';

const image = patternImage('noise', 8, 6, 1);
const whole: SampleParameters = {
  crop: { leftPx: 0, topPx: 0, widthPx: 8, heightPx: 6 },
  resize: { widthPx: 8, heightPx: 6 },
  window: { leftPx: 0, topPx: 0, widthPx: 8, heightPx: 6 },
  flipHorizontally: false,
  operation: null,
  erase: null,
};

describe('tensorReference', () => {
  it.each(sampleStageGoldens)('$name', ({ image, parameters, source, rgb, tensor }) => {
    expect(sha256(withoutAlpha(image.rgba)), 'source pixels').toBe(source);
    expect(sha256(augmentReference(image, parameters)), 'bytes').toBe(rgb);
    expect(sha256(tensorReference(image, parameters)), 'values').toBe(tensor);
  });

  it.each([
    ['Invert', 0, /no operation "Invert"\. Use one of Identity, ShearX/],
    ['Rotate', Number.NaN, /magnitude of Rotate is NaN, but must be a finite number/],
    ['Posterize', 2.5, /Posterize is 2\.5, but it is the number of bits kept: a whole number from 0 to 8/],
    ['Posterize', 9, /Posterize is 9/],
    ['Posterize', -1, /Posterize is -1/],
  ])('refuses %s %d', (name, magnitude, message) => {
    const operation = { name, magnitude, bin: null } as PixelOperation;
    expect(() => augmentReference(image, { ...whole, operation })).toThrow(message);
  });

  it.each([
    [
      { leftPx: 1, topPx: 0, widthPx: 8, heightPx: 1 },
      /box of 8×1 px at \(1, 0\) is not inside the window of 8×6/,
    ],
    [{ leftPx: 0, topPx: -1, widthPx: 2, heightPx: 2 }, /at \(0, -1\)/],
    [{ leftPx: 0, topPx: 0, widthPx: 0, heightPx: 2 }, /box of 0×2 px/],
    [{ leftPx: 0, topPx: 0.5, widthPx: 2, heightPx: 2 }, /erase\.topPx is 0\.5/],
  ])('refuses to erase %j', (erase, message) => {
    expect(() => tensorReference(image, { ...whole, erase })).toThrow(message);
  });
});

describe('mixReference', () => {
  const tensors = mixImages.map((mixed) => {
    const size = { widthPx: mixed.widthPx, heightPx: mixed.heightPx };
    const box = { leftPx: 0, topPx: 0, ...size };
    return tensorReference(mixed, { ...whole, crop: box, resize: size, window: box });
  });

  it.each(mixGoldens)('$name', ({ mix, tensors: expected }) => {
    const before = tensors.map(sha256);
    expect(mixReference(tensors, 20, 14, mix).map(sha256)).toEqual(expected);
    expect(tensors.map(sha256), 'the batch is left as it was').toEqual(before);
  });

  it('refuses a box outside the image, and tensors of another size', () => {
    const box = { leftPx: 10, topPx: 0, widthPx: 11, heightPx: 2 };
    const mix = { kind: 'cutmix', drawnLambda: 0.9, box, lambda: 0.9 } as const;
    expect(() => mixReference(tensors, 20, 14, mix)).toThrow(/box of 11×2 px at \(10, 0\) is not inside/);
    expect(() => mixReference(tensors, 20, 15, mix)).toThrow(/has 900 values, but this one has 840/);
  });
});
