import { describe, expect, it } from 'vitest';
import type { RungName } from '../../src/recipe/ladder.ts';
import { ladderGains } from '../../src/recipe/ladderGains.ts';
import { presets } from '../../src/recipe/presets.ts';
import { recipeDifferences, ticks, verdict } from '../../src/ui/ladder/comparison.ts';
import { chancePoints, finishedScores, seriesRuns, storedSeries } from '../../src/ui/ladder/results.ts';
import { evaluationEvent, runSummary } from './events.ts';

function run(id: string, rung: RungName, queueId: string, top1: number | null, createdAtMs: number) {
  return runSummary(id, {
    ...{ ladder: { queueId, rung }, status: 'finished', createdAtMs, updatedAtMs: createdAtMs },
    lastEvaluation: top1 === null ? null : evaluationEvent(1, { top1, emaTop1: null }),
  });
}

describe('results of a series', () => {
  it('are the newest evaluated run of each rung, of this series alone', () => {
    const runs = [
      run('a', 'mixup', 'q', 0.4, 1),
      run('b', 'mixup', 'q', 0.5, 2),
      run('c', 'mixup', 'q', null, 3),
      run('d', 'mixup', 'other', 0.9, 4),
      runSummary('by hand'),
    ];
    expect([...seriesRuns(runs, 'q')].map(([rung, { id }]) => [rung, id])).toEqual([['mixup', 'b']]);
    expect(storedSeries(runs).map(({ id, runCount }) => [id, runCount])).toEqual([
      ['other', 1],
      ['q', 3],
    ]);
    expect(finishedScores(seriesRuns(runs, 'q'))).toEqual(new Map([['mixup', 50]]));
  });
});

describe('ladderGains', () => {
  it('compares with the nearest earlier rung that was trained, published and here alike', () => {
    const gains = ladderGains(
      new Map<RungName, number>([
        ['baseline', 40],
        ['mixup', 43],
        ['cutmix', 42],
      ]),
    );
    const of = (name: RungName) => gains.find(({ rung }) => rung.name === name);
    expect(gains).toHaveLength(12);
    expect(of('mixup')).toMatchObject({ from: { name: 'baseline' }, yours: 3 });
    expect(of('mixup')?.published).toBeCloseTo(3.102, 9);
    expect(of('cutmix')).toMatchObject({ from: { name: 'mixup' }, yours: -1 });
    expect(of('ema')).toMatchObject({ from: { name: 'fixres' }, yours: null });
  });
});

describe('chancePoints', () => {
  it('is 1.96 standard deviations of a difference of two shares', () => {
    expect(chancePoints(0.5, 10_000)).toBeCloseTo(1.386, 3);
    expect(chancePoints(0.8, 1000)).toBeCloseTo(3.506, 3);
  });
});

describe('a comparison', () => {
  const a = presets.reference.recipe;
  it('names the one switch, or says why nothing can be concluded', () => {
    const say = (b: typeof a, change = {}) =>
      verdict(
        runSummary('a', { recipe: a }),
        runSummary('b', { recipe: b, ...change }),
        recipeDifferences(a, b),
      );
    expect(say({ ...a, mixupAlpha: 0 })).toContain('one switch, mixup α');
    expect(say({ ...a, seed: 1 })).toContain('what chance does');
    expect(say(a)).toContain('recipes are the same');
    expect(say({ ...a, mixupAlpha: 0, lr: 1 })).toContain('differ in 2 fields');
    expect(say(a, { datasetId: 'other' })).toContain('cannot be compared');
    expect(recipeDifferences(a, { ...a, normWeightDecay: null, modelEma: false })).toEqual([
      expect.objectContaining({ flag: '--norm-weight-decay', a: '0', b: 'the same as the weight decay' }),
      expect.objectContaining({ flag: '--model-ema', a: 'on', b: 'off' }),
    ]);
  });

  it('has ticks at round numbers within the range', () => {
    expect(ticks(0, 0.8, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(ticks(1, 12, 8)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(ticks(3, 3, 5).length).toBeLessThanOrEqual(1);
  });
});
