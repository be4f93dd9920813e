import { describe, expect, it } from 'vitest';
import { horizontalRange, largest, verticalRange } from '../../src/charts/ranges.ts';

const none = { chance: null, trainHigh: null };

describe('verticalRange', () => {
  it('shows the whole of ordinary losses with a margin', () => {
    const [low, high] = verticalRange('loss', 0.5, 2.5, { chance: null, trainHigh: 2.5 });
    expect(low).toBeCloseTo(0.38);
    expect(high).toBeCloseTo(2.62);
  });

  it('leaves out a validation loss that would flatten the rest', () => {
    const [, high] = verticalRange('loss', 0.5, 4900, { chance: null, trainHigh: 2 });
    expect(high).toBeGreaterThan(3);
    expect(high).toBeLessThan(3.5);
  });

  it('keeps shares within nought and one, with room for the chance line', () => {
    expect(verticalRange('top1', 0, 0.99, none)).toEqual([0, 1]);
    expect(verticalRange('top1', 0, 0.05, { chance: 0.2, trainHigh: null })).toEqual([0, 0.4]);
  });

  it('has a range before there is anything to show', () => {
    expect(verticalRange('loss', null, null, none)).toEqual([0, 1]);
    expect(horizontalRange(null, null)).toEqual([0, 1]);
    expect(horizontalRange(7, 7)).toEqual([6.5, 7.5]);
  });
});

describe('largest', () => {
  it('passes over gaps', () => {
    expect(largest([null, 2, 5, 3])).toBe(5);
    expect(largest([null])).toBeNull();
  });
});
