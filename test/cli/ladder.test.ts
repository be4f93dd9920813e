/** What `tabtrain ladder` reads from its options and writes as a table; training is the trainer's own tests'. */
import { describe, expect, it } from 'vitest';
import { ladderTable, type LadderResult, parseRungs, parseScale } from '../../cli/ladder.ts';
import type { RungName } from '../../src/recipe/ladder.ts';
import { defaultScale, ladderRecipe } from '../../src/recipe/ladderScale.ts';
import { evaluationEvent } from '../ui/events.ts';

function result(rung: RungName, top1: number, emaTop1: number | null): LadderResult {
  const evaluations = [evaluationEvent(0, { top1: 0.1 }), evaluationEvent(1, { top1, emaTop1 })];
  return { rung, recipe: ladderRecipe(rung, defaultScale, 2654), error: null, evaluations };
}

describe('tabtrain ladder', () => {
  it('reads rungs by name, in the ladder’s order', () => {
    expect(parseRungs('reference, baseline,mixup')).toEqual(['baseline', 'mixup', 'repeated-augmentation']);
    expect(parseRungs('all')).toHaveLength(13);
    expect(() => parseRungs('mixupp')).toThrow('--rungs mixupp: no such rung. Did you mean mixup?');
  });

  it('reads a scale, and says what is wrong with one', () => {
    expect(parseScale(['basePx=64,epochsLong=20', 'limit=null'])).toEqual({
      ...{ ...defaultScale, basePx: 64, epochsLong: 20, limit: null },
    });
    expect(() => parseScale(['epoksLong=3'])).toThrow(/Did you mean epochsLong\?/);
    expect(() => parseScale(['batchSize=0.5'])).toThrow(
      /batchSize is 0.5, but must be a whole number from 1/,
    );
    expect(() => parseScale(['basePx='])).toThrow(/basePx is , but must be/);
  });

  it('puts published gains beside those here, over the same rungs, and marks what failed', () => {
    const failed = { ...result('mixup', 0, null), error: 'It diverged.', evaluations: [] };
    const table = ladderTable({
      ...{
        adapter: 'lavapipe',
        data: 'Emoji',
        trainImages: 2000,
        validationImages: 690,
        scale: defaultScale,
      },
      results: [result('baseline', 0.412, null), failed, result('repeated-augmentation', 0.398, 0.437)],
    });
    const cells = table.split('\n').map((line) => line.split(' | '));
    expect(cells[4]?.slice(0, 5)).toEqual(['| 1 Baseline', '76.13', '', '41.2', '–']);
    expect(cells[5]?.slice(2, 4)).toEqual(['', 'failed: It diverged.']);
    expect(cells[6]?.slice(1, 6)).toEqual(['80.86', '+4.73 to 1', '39.8', '43.7', '+2.5']);
  });
});
