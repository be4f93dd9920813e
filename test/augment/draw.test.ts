/** What is drawn: torchvision's boxes for the same random numbers, and the properties of many draws. */
import { describe, expect, it } from 'vitest';
import {
  drawTrainParameters,
  randomResizedPixelBox,
  roundHalfToEven,
  validationParameters,
} from '../../src/augment/draw.ts';
import { givenNumbers } from '../support/drawGoldens.ts';
import { goldens } from './goldens.ts';

const recipe = {
  trainCropSize: 176,
  trainScaleMin: 0.08,
  hflipProb: 0.5,
  autoAugment: null,
  randomErase: 0,
};

describe('randomResizedPixelBox', () => {
  it.each(goldens.cropBoxes.map((golden, index) => ({ index, golden })))(
    'torchvision’s box $index: $golden.width×$golden.height → $golden.crop',
    ({ golden }) => {
      const given = givenNumbers(golden.uniforms, golden.integers);
      const box = randomResizedPixelBox(golden.width, golden.height, golden.scaleMin, given);
      expect([box.leftPx, box.topPx, box.widthPx, box.heightPx]).toEqual(golden.crop);
    },
  );
});

describe('drawTrainParameters', () => {
  it('gives boxes inside the image, with allowed areas and ratios, that fill their range', () => {
    const [widthPx, heightPx] = [400, 300];
    const shares: number[] = [];
    let touchesLeft = 0;
    let touchesRight = 0;
    for (let position = 0; position < 2000; position++) {
      const key = { seed: 5, epoch: 1, rank: 0, position };
      const { crop } = drawTrainParameters(recipe, key, widthPx, heightPx);
      expect(crop.leftPx).toBeGreaterThanOrEqual(0);
      expect(crop.topPx).toBeGreaterThanOrEqual(0);
      expect(crop.leftPx + crop.widthPx).toBeLessThanOrEqual(widthPx);
      expect(crop.topPx + crop.heightPx).toBeLessThanOrEqual(heightPx);
      // Within what rounding each side to whole pixels changes.
      expect(crop.widthPx + 0.5).toBeGreaterThanOrEqual((3 / 4) * (crop.heightPx - 0.5));
      expect(crop.widthPx - 0.5).toBeLessThanOrEqual((4 / 3) * (crop.heightPx + 0.5));
      shares.push((crop.widthPx * crop.heightPx) / (widthPx * heightPx));
      if (crop.widthPx < widthPx && crop.leftPx === 0) touchesLeft++;
      if (crop.widthPx < widthPx && crop.leftPx + crop.widthPx === widthPx) touchesRight++;
    }
    expect(Math.min(...shares)).toBeGreaterThan(0.075);
    expect(Math.min(...shares)).toBeLessThan(0.1);
    expect(Math.max(...shares)).toBeGreaterThan(0.95);
    // Both ends of the range of positions occur.
    expect(touchesLeft).toBeGreaterThan(3);
    expect(touchesRight).toBeGreaterThan(3);
  });

  it('flips with the recipe’s probability', () => {
    const flips = (hflipProb: number): number => {
      let count = 0;
      for (let position = 0; position < 2000; position++) {
        const key = { seed: 9, epoch: 0, rank: 3, position };
        if (drawTrainParameters({ ...recipe, hflipProb }, key, 10, 10).flipHorizontally) count++;
      }
      return count;
    };
    expect(flips(0)).toBe(0);
    expect(flips(1)).toBe(2000);
    // Four standard deviations of a binomial: 89.
    expect(Math.abs(flips(0.5) - 1000)).toBeLessThan(90);
  });

  it('gives the same for the same key, and another draw when any part of the key changes', () => {
    const key = { seed: 1, epoch: 2, rank: 3, position: 4 };
    const first = drawTrainParameters(recipe, key, 500, 375);
    expect(drawTrainParameters(recipe, { ...key }, 500, 375)).toEqual(first);
    for (const field of ['seed', 'epoch', 'rank', 'position'] as const) {
      const other = drawTrainParameters(recipe, { ...key, [field]: key[field] + 1 }, 500, 375);
      expect(other.crop, field).not.toEqual(first.crop);
    }
  });

  it('draws the crop the same whether or not flips are asked for', () => {
    const key = { seed: 1, epoch: 0, rank: 0, position: 0 };
    const withFlips = drawTrainParameters(recipe, key, 64, 64);
    expect(drawTrainParameters({ ...recipe, hflipProb: 0 }, key, 64, 64).crop).toEqual(withFlips.crop);
  });

  it('is plain JSON', () => {
    const drawn = drawTrainParameters(recipe, { seed: 1, epoch: 0, rank: 0, position: 0 }, 64, 48);
    expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
  });

  it('works down to one pixel', () => {
    for (let position = 0; position < 50; position++) {
      const { crop } = drawTrainParameters(recipe, { seed: 0, epoch: 0, rank: 0, position }, 1, 1);
      expect(crop).toEqual({ leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 });
    }
  });

  it('refuses an image without pixels', () => {
    expect(() => drawTrainParameters(recipe, { seed: 0, epoch: 0, rank: 0, position: 0 }, 0, 5)).toThrow(
      /image of 0×5 px/,
    );
  });
});

describe('validationParameters', () => {
  const reference = { valResizeSize: 232, valCropSize: 224 };

  it('truncates the long side', () => {
    expect(validationParameters(reference, 500, 333).resize).toEqual({ widthPx: 348, heightPx: 232 });
    expect(validationParameters(reference, 333, 500).resize).toEqual({ widthPx: 232, heightPx: 348 });
  });

  it('rounds a half offset to the even side, as Python does', () => {
    // (233 − 224) / 2 = 4.5 → 4, (235 − 224) / 2 = 5.5 → 6.
    expect(validationParameters({ valResizeSize: 233, valCropSize: 224 }, 9, 9).window.leftPx).toBe(4);
    expect(validationParameters({ valResizeSize: 235, valCropSize: 224 }, 9, 9).window.leftPx).toBe(6);
  });

  it('pads the smaller half before when the crop is larger', () => {
    const { window } = validationParameters({ valResizeSize: 33, valCropSize: 70 }, 90, 30);
    expect(window).toEqual({ leftPx: 14, topPx: -18, widthPx: 70, heightPx: 70 });
  });

  it('refuses an image without pixels', () => {
    expect(() => validationParameters(reference, 3, 0)).toThrow(/image of 3×0 px/);
  });
});

describe('roundHalfToEven', () => {
  it('rounds as Python’s round()', () => {
    const rounded = [0, 0.49, 0.5, 0.51, 1.5, 2.5, 3.5, 1000.5].map(roundHalfToEven);
    expect(rounded).toEqual([0, 0, 0, 1, 2, 2, 4, 1000]);
  });
});
