import { describe, expect, it } from 'vitest';
import { nearestValue } from '../../src/ui/charts/nearestValue.ts';
import { DurationStatistics, measured, performanceReport } from '../../src/ui/state/performance.ts';

describe('DurationStatistics', () => {
  it('reports percentiles of the latest and the worst of all', () => {
    const statistics = new DurationStatistics();
    statistics.add(500);
    for (let i = 0; i < 5000; i += 1) statistics.add(i % 100);
    const report = statistics.report();
    expect(report.count).toBe(5001);
    expect(report.worstMs).toBe(500);
    expect(report.p50Ms).toBeGreaterThanOrEqual(48);
    expect(report.p50Ms).toBeLessThanOrEqual(52);
    expect(report.p99Ms).toBeGreaterThanOrEqual(98);
    expect(report.p99Ms).toBeLessThan(100);
  });

  it('is nought before anything happened', () => {
    expect(new DurationStatistics().report()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 });
  });
});

describe('measured', () => {
  it('counts work that throws too, and passes results and errors on', () => {
    const before = performanceReport().events.count;
    expect(measured('tabtrain:events', () => 7)).toBe(7);
    expect(() =>
      measured('tabtrain:events', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(performanceReport().events.count).toBe(before + 2);
    expect(performance.getEntriesByName('tabtrain:events').length).toBeGreaterThanOrEqual(2);
  });

  it('does not let the browser’s list of entries grow without end', () => {
    for (let i = 0; i < 3000; i += 1) measured('tabtrain:charts', () => i);
    expect(performance.getEntriesByName('tabtrain:charts').length).toBeLessThanOrEqual(512);
  });
});

describe('nearestValue', () => {
  it('finds the value at, before or after the pointer, and the latest without one', () => {
    const column = [null, 1, null, null, 4, null];
    expect(nearestValue(column, 1)).toBe(1);
    expect(nearestValue(column, 2)).toBe(1);
    expect(nearestValue(column, 3)).toBe(4);
    expect(nearestValue(column, 0)).toBe(1);
    expect(nearestValue(column, null)).toBe(4);
    expect(nearestValue([null, null], null)).toBeNull();
    expect(nearestValue([], 0)).toBeNull();
  });
});
