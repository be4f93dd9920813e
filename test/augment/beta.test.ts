/** Beta(α, α) at the ends of what α may be; test/augment/distributions.test.ts has the usual ones. */
import { expect, it } from 'vitest';
import { drawSymmetricBeta } from '../../src/augment/draw/beta.ts';
import { randomStream } from '../../src/recipe/random.ts';

const stream = () => randomStream({ seed: 3, epoch: 0, rank: 0, position: 0, purpose: 'batchMix' });

it.each([Number.MIN_VALUE, 1e-320, 1e-310, 1e-300, 1e-6])('is 0 or 1, evenly, for an α of %d', (alpha) => {
  const random = stream();
  const draws = Array.from({ length: 1000 }, () => drawSymmetricBeta(alpha, random));
  expect(draws.every((value) => value < 1e-9 || value > 1 - 1e-9)).toBe(true);
  const ones = draws.filter((value) => value > 0.5).length;
  // Five standard deviations of a fair coin.
  expect(Math.abs(ones - 500)).toBeLessThan(80);
});

it.each([1e15, 1e300, Number.MAX_VALUE])('is one half for an α of %d', (alpha) => {
  expect(drawSymmetricBeta(alpha, stream())).toBeCloseTo(0.5, 6);
});
