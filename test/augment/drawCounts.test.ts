import { describe, expect, it } from 'vitest';
import { drawBatchMix, drawTrainParameters } from '../../src/augment/draw.ts';
import { countDraws, type CountedDraw } from '../../src/augment/drawCounts.ts';
import { operationOfBin } from '../../src/augment/trivialAugment.ts';
import { presets } from '../../src/recipe/presets.ts';

const { recipe } = presets.reference;

function drawn(count: number): CountedDraw[] {
  return Array.from({ length: count }, (_, position) => ({
    parameters: drawTrainParameters(recipe, { seed: 3, epoch: 0, rank: 0, position }, 90, 70),
    mix: drawBatchMix(recipe, { seed: 3, epoch: 0, rank: 0, step: position }, recipe.trainCropSize),
  }));
}

describe('countDraws', () => {
  it('counts what happened to each sample', () => {
    const parameters = { flipHorizontally: true, operation: operationOfBin('Rotate', 3, true), erase: null };
    const box = { leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 };
    const counts = countDraws(recipe, [
      { parameters, mix: { kind: 'mixup', lambda: 0.5 } },
      { parameters: { ...parameters, flipHorizontally: false, erase: box }, mix: null },
    ]);
    expect(counts.draws).toBe(2);
    expect(counts.operations.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(counts.others).toEqual([
      { name: 'Flip', count: 1, expected: 1 },
      { name: 'Erase', count: 1, expected: 0.2 },
      { name: 'Mixup', count: 1, expected: 1 },
      { name: 'CutMix', count: 0, expected: 1 },
    ]);
  });

  it('expects what the draws do in the long run', () => {
    const draws = 4000;
    const { operations, others } = countDraws(recipe, drawn(draws));
    expect(operations).toHaveLength(14);
    for (const { name, count, expected } of [...operations, ...others]) {
      // Four standard deviations of a binomial count.
      const deviation = Math.sqrt(expected * (1 - expected / draws));
      expect(Math.abs(count - expected), name).toBeLessThan(4 * deviation);
    }
  });

  it('leaves out what the recipe does not do', () => {
    const plain = { ...recipe, autoAugment: null, randomErase: 0, mixupAlpha: 0, hflipProb: 0 };
    const { operations, others } = countDraws(plain, []);
    expect(operations).toEqual([]);
    expect(others.map(({ name }) => name)).toEqual(['CutMix']);
    expect(countDraws({ ...plain, cutmixAlpha: 0 }, []).others).toEqual([]);
  });
});
