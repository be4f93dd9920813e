/** Boxes, operations and mixes for given random numbers, as torchvision makes them of the same numbers. */
import { describe, expect, it } from 'vitest';
import { drawBatchMix, drawTrainParameters, mixedTargets } from '../../src/augment/draw.ts';
import { randomErasingBox } from '../../src/augment/draw/erase.ts';
import { cutmixBox } from '../../src/augment/draw/mix.ts';
import { drawOperation } from '../../src/augment/draw/operation.ts';
import type { BatchMix, PixelBox } from '../../src/augment/parameters.ts';
import { givenNumbers, readDrawGoldens } from '../support/drawGoldens.ts';

const goldens = readDrawGoldens();
const numbersOf = ({ leftPx, topPx, widthPx, heightPx }: PixelBox) => [leftPx, topPx, widthPx, heightPx];

describe('randomErasingBox', () => {
  it('has goldens with a box, and without', () => {
    expect(goldens.eraseBoxes.filter(({ box }) => box === null).length).toBeGreaterThan(2);
    expect(goldens.eraseBoxes.length).toBeGreaterThan(40);
  });

  it.each(goldens.eraseBoxes)('in $width×$height: $box', ({ width, height, uniforms, integers, box }) => {
    const drawn = randomErasingBox(width, height, givenNumbers(uniforms, integers));
    expect(drawn === null ? null : numbersOf(drawn)).toEqual(box);
  });
});

describe('drawOperation', () => {
  it.each(goldens.operations)('of $integers: $name $magnitude', ({ integers, ranges, name, magnitude }) => {
    const asked: number[] = [];
    const given = givenNumbers([], integers);
    const operation = drawOperation({
      integer: (n) => {
        asked.push(n);
        return given.integer(n);
      },
    });
    expect(operation).toMatchObject({ name, magnitude });
    expect(asked).toEqual(ranges);
  });
});

describe('cutmixBox', () => {
  it.each(goldens.cutmix)(
    '$width×$height, λ $drawn: $box',
    ({ width, height, drawn, integers, box, lambda }) => {
      const made = cutmixBox(width, height, drawn, givenNumbers([], integers));
      expect(numbersOf(made.box)).toEqual(box);
      expect(made.lambda).toBeCloseTo(lambda, 12);
    },
  );
});

describe('drawBatchMix', () => {
  const key = { seed: 4, epoch: 1, rank: 2, step: 3 };

  it('is null without α, and of the one kind that has one', () => {
    expect(drawBatchMix({ mixupAlpha: 0, cutmixAlpha: 0 }, key, 64)).toBeNull();
    for (let step = 0; step < 40; step++) {
      expect(drawBatchMix({ mixupAlpha: 0.2, cutmixAlpha: 0 }, { ...key, step }, 64)?.kind).toBe('mixup');
      expect(drawBatchMix({ mixupAlpha: 0, cutmixAlpha: 1 }, { ...key, step }, 64)?.kind).toBe('cutmix');
    }
  });

  it('is another for another seed, epoch, rank or step, and the same for the same', () => {
    const recipe = { mixupAlpha: 0.2, cutmixAlpha: 1 };
    const first = drawBatchMix(recipe, key, 64);
    expect(drawBatchMix(recipe, { ...key }, 64)).toEqual(first);
    for (const field of ['seed', 'epoch', 'rank', 'step'] as const) {
      expect(drawBatchMix(recipe, { ...key, [field]: key[field] + 1 }, 64), field).not.toEqual(first);
    }
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });
});

describe('mixedTargets', () => {
  const mixup: BatchMix = { kind: 'mixup', lambda: Math.fround(0.7) };

  it('gives λ to the image’s class and the rest to its partner’s, the image before it', () => {
    const targets = mixedTargets([0, 2, 2, 1], 3, 4, mixup);
    const expected = [
      [0.7, 0, 0, 0.3],
      [0.3, 0, 0.7, 0],
      // Both of one class.
      [0, 0, 1, 0],
      [0, 0.7, 0.3, 0],
    ].flat();
    expect(targets).toHaveLength(16);
    expected.forEach((value, i) => expect(Math.abs((targets[i] ?? NaN) - value)).toBeLessThan(1e-6));
  });

  it('takes the λ of the box, not the drawn one', () => {
    const box = { leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 };
    const targets = mixedTargets([0], 1, 2, { kind: 'cutmix', drawnLambda: 0.5, box, lambda: 0.75 });
    expect([...targets]).toEqual([0.75, 0.25]);
  });

  it('is one-hot without a mix', () => {
    expect([...mixedTargets([1, 0], 1, 2, null)]).toEqual([0, 1, 1, 0]);
  });

  it('sums to one for every λ', () => {
    for (let step = 0; step < 50; step++) {
      const key = { seed: 0, epoch: 0, rank: 0, step };
      const mix = drawBatchMix({ mixupAlpha: 0.2, cutmixAlpha: 1 }, key, 16);
      const sum = mixedTargets([1], 2, 3, mix).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
    }
  });
});

describe('drawTrainParameters', () => {
  const all = {
    trainCropSize: 64,
    trainScaleMin: 0.08,
    hflipProb: 0.5,
    autoAugment: 'ta_wide',
    randomErase: 0.5,
  } as const;

  it('draws each stage the same whatever the others are', () => {
    const plain = { ...all, autoAugment: null, randomErase: 0 };
    for (let position = 0; position < 30; position++) {
      const key = { seed: 1, epoch: 0, rank: 1, position };
      const whole = drawTrainParameters(all, key, 90, 70);
      expect(drawTrainParameters(plain, key, 90, 70)).toEqual({ ...whole, operation: null, erase: null });
      expect(drawTrainParameters({ ...all, autoAugment: null }, key, 90, 70).erase).toEqual(whole.erase);
      expect(drawTrainParameters({ ...all, randomErase: 0 }, key, 90, 70).operation).toEqual(whole.operation);
      expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
    }
  });
});
