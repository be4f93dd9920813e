/**
 * What is drawn has torchvision's distributions: p values with fixed seeds, which must not be tiny. With each, a
 * slightly wrong sampler whose p is.
 */
import { describe, expect, it } from 'vitest';
import { drawBatchMix, drawTrainParameters } from '../../src/augment/draw.ts';
import { drawSymmetricBeta } from '../../src/augment/draw/beta.ts';
import { magnitudeBins, magnitudeKind, pixelOperationNames } from '../../src/augment/trivialAugment.ts';
import { randomStream } from '../../src/recipe/random.ts';
import { readDrawGoldens } from '../support/drawGoldens.ts';
import {
  betaDistribution,
  chiSquareP,
  kolmogorovSmirnovP,
  twoSampleP,
  uniformCountsP,
} from '../support/statistics.ts';

const smallestP = 1e-3;
const sizePx = 176;
const recipe = {
  trainCropSize: sizePx,
  trainScaleMin: 0.08,
  hflipProb: 0.5,
  autoAugment: 'ta_wide',
  randomErase: 0.1,
} as const;

function expectP(what: string, p: number): void {
  console.info(`${what}: p = ${p.toPrecision(3)}`);
  expect(p, what).toBeGreaterThan(smallestP);
}

const drawn = (count: number, randomErase = 0.1) =>
  Array.from({ length: count }, (_, position) =>
    drawTrainParameters(
      { ...recipe, randomErase },
      { seed: 20, epoch: position % 7, rank: position % 8, position },
      64,
      48,
    ),
  );

describe('the tests’ own p values', () => {
  it('are those of tables', () => {
    // 5 % and 1 % points.
    expect(chiSquareP(3.841, 1)).toBeCloseTo(0.05, 3);
    expect(chiSquareP(22.362, 13)).toBeCloseTo(0.05, 3);
    expect(chiSquareP(50.892, 30)).toBeCloseTo(0.01, 4);
    for (const x of [0.01, 0.2, 0.5, 0.77, 0.999]) {
      expect(betaDistribution(x, 1, 1)).toBeCloseTo(x, 12);
      expect(betaDistribution(x, 2, 2)).toBeCloseTo(3 * x ** 2 - 2 * x ** 3, 12);
      expect(betaDistribution(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
    }
    // Critical distance for 100 samples at 5 %: 0.1340.
    const shifted = Array.from({ length: 100 }, (_, i) => (i + 1) / 100 - 0.134);
    expect(kolmogorovSmirnovP(shifted, (x) => Math.min(1, Math.max(0, x)))).toBeCloseTo(0.05, 2);
  });
});

describe('λ', () => {
  const samples = (alpha: number, count = 40_000) => {
    const random = randomStream({ seed: 3, epoch: 0, rank: 0, position: 0, purpose: 'batchMix' });
    return Array.from({ length: count }, () => drawSymmetricBeta(alpha, random));
  };

  it.each([0.2, 0.4, 1, 1.5, 2, 8])('of α = %d has the distribution Beta(α, α)', (alpha) => {
    const values = samples(alpha);
    expectP(
      `Beta(${alpha}, ${alpha})`,
      kolmogorovSmirnovP(values, (x) => betaDistribution(x, alpha, alpha)),
    );
    // A tenth more of α would be seen.
    const wrong = alpha * 1.1;
    expect(kolmogorovSmirnovP(values, (x) => betaDistribution(x, wrong, wrong))).toBeLessThan(smallestP);
  });

  it('of a small α too, where many values are 1 in double precision: below a half', () => {
    const values = samples(0.05);
    const below = values.filter((value) => value < 0.5);
    expectP('below a half', uniformCountsP([below.length, values.length - below.length]));
    const half = (alpha: number) => kolmogorovSmirnovP(below, (x) => 2 * betaDistribution(x, alpha, alpha));
    expectP('Beta(0.05, 0.05)', half(0.05));
    expect(half(0.055)).toBeLessThan(smallestP);
  });

  it('is finite for every α, and refuses those that have no distribution', () => {
    for (const alpha of [1e-6, 1e-3, 100]) {
      for (const value of samples(alpha, 200)) expect(value >= 0 && value <= 1).toBe(true);
    }
    // Half of the time 0, else 1.
    expect(samples(1e-6, 400).filter((value) => value < 0.5).length).toBeGreaterThan(150);
    for (const alpha of [0, -1, NaN, Infinity]) expect(() => samples(alpha, 1)).toThrow(/α is/);
  });

  it('of batches has the α of the batch’s kind, and the kinds are even', () => {
    const mixes = Array.from({ length: 8000 }, (_, step) =>
      drawBatchMix({ mixupAlpha: 0.2, cutmixAlpha: 1 }, { seed: 1, epoch: 2, rank: step % 8, step }, sizePx),
    );
    const mixup = mixes.flatMap((mix) => (mix?.kind === 'mixup' ? [mix.lambda] : []));
    const cutmix = mixes.flatMap((mix) => (mix?.kind === 'cutmix' ? [mix.drawnLambda] : []));
    expect(mixup.length + cutmix.length).toBe(8000);
    expectP('mixup or CutMix', uniformCountsP([mixup.length, cutmix.length]));
    expectP(
      'mixup’s λ',
      kolmogorovSmirnovP(mixup, (x) => betaDistribution(x, 0.2, 0.2)),
    );
    expectP(
      'CutMix’s λ',
      kolmogorovSmirnovP(cutmix, (x) => x),
    );
  });
});

describe('TrivialAugmentWide', () => {
  const operations = drawn(60_000).flatMap(({ operation }) => (operation === null ? [] : [operation]));

  it('draws its operations evenly', () => {
    expect(operations).toHaveLength(60_000);
    const counts = pixelOperationNames.map((name) => operations.filter((op) => op.name === name).length);
    expectP('operations', uniformCountsP(counts));
    // One of 14 that comes a tenth more often would be seen.
    const first = counts[0] ?? 0;
    expect(uniformCountsP([first * 1.1, ...counts.slice(1)])).toBeLessThan(smallestP);
  });

  it('draws the bins and signs of each operation evenly', () => {
    const all = Array.from({ length: magnitudeBins }, () => 0);
    for (const name of pixelOperationNames) {
      const own = operations.filter((operation) => operation.name === name);
      if (magnitudeKind(name) === 'none') {
        expect(own.every(({ bin, magnitude }) => bin === null && magnitude === 0)).toBe(true);
        continue;
      }
      const bins = Array.from({ length: magnitudeBins }, () => 0);
      for (const { bin } of own) bins[bin ?? NaN] = (bins[bin ?? NaN] ?? NaN) + 1;
      bins.forEach((count, bin) => (all[bin] = (all[bin] ?? 0) + count));
      expectP(`bins of ${name}`, uniformCountsP(bins));
      const negative = own.filter(({ magnitude }) => magnitude < 0).length;
      if (magnitudeKind(name) === 'signed') {
        // Bin 0 has no sign to see.
        const signed = own.length - (bins[0] ?? 0);
        expectP(`signs of ${name}`, uniformCountsP([negative, signed - negative]));
      } else {
        expect(negative).toBe(0);
      }
    }
    expectP('bins of all', uniformCountsP(all));
    // A 32nd bin, or one that never comes, would be seen.
    expect(uniformCountsP([...all, 0])).toBeLessThan(smallestP);
  });
});

describe('random erasing', () => {
  it('comes with its probability', () => {
    const erased = drawn(20_000).filter(({ erase }) => erase !== null).length;
    const z = (erased - 2000) ** 2 / (20_000 * 0.1 * 0.9);
    expectP('erased images', chiSquareP(z, 1));
    expect(drawn(200, 0).every(({ erase }) => erase === null)).toBe(true);
    expect(drawn(200, 1).every(({ erase }) => erase !== null)).toBe(true);
  });

  it('has boxes of torchvision’s areas and ratios, anywhere in the image', () => {
    const boxes = drawn(4000, 1).flatMap(({ erase }) => (erase === null ? [] : [erase]));
    const theirs = readDrawGoldens().eraseSamples;
    const area = boxes.map(({ widthPx, heightPx }) => widthPx * heightPx);
    const ratio = boxes.map(({ widthPx, heightPx }) => Math.log(heightPx / widthPx));
    expectP(
      'areas',
      twoSampleP(
        area,
        theirs.map(([h, w]) => h * w),
      ),
    );
    expectP(
      'ratios',
      twoSampleP(
        ratio,
        theirs.map(([h, w]) => Math.log(h / w)),
      ),
    );
    // Positions: even over those that there are, so (offset + u) / positions is uniform for a uniform u.
    const jitter = randomStream({ seed: 8, epoch: 0, rank: 0, position: 0, purpose: 'subset' });
    const left = boxes.map(({ leftPx, widthPx }) => (leftPx + jitter.uniform()) / (sizePx - widthPx + 1));
    const top = boxes.map(({ topPx, heightPx }) => (topPx + jitter.uniform()) / (sizePx - heightPx + 1));
    expectP(
      'columns',
      kolmogorovSmirnovP(left, (x) => x),
    );
    expectP(
      'rows',
      kolmogorovSmirnovP(top, (x) => x),
    );
    // Height and width exchanged, as in RandomResizedCrop, would be seen: (0.3, 3.3) is not even in its logarithm.
    const exchanged = ratio.map((value) => -value);
    expect(
      twoSampleP(
        exchanged,
        theirs.map(([h, w]) => Math.log(h / w)),
      ),
    ).toBeLessThan(0.5);
    const smaller = area.map((value) => value * 0.9);
    expect(
      twoSampleP(
        smaller,
        theirs.map(([h, w]) => h * w),
      ),
    ).toBeLessThan(smallestP);
  });
});
