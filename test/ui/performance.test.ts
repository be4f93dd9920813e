import { describe, expect, it } from 'vitest';
import { nearestValue } from '../../src/ui/charts/nearestValue.ts';
import { nearestRow, pixelOf, valueAt } from '../../src/ui/charts/pointer.ts';
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
    const handlersBefore = performanceReport().handlers.count;
    expect(measured('tabtrain:events', () => 7)).toBe(7);
    expect(() =>
      measured('tabtrain:events', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(performanceReport().events.count).toBe(before + 2);
    expect(performanceReport().handlers.count).toBe(handlersBefore + 2);
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

describe('the pointer on a chart', () => {
  const area = { leftPx: 50, widthPx: 200, low: 10, high: 30 };

  it('finds the nearest row', () => {
    expect(nearestRow([], 3)).toBeNull();
    expect(nearestRow([5], 3)).toBe(0);
    expect(nearestRow([0, 10, 20], -4)).toBe(0);
    expect(nearestRow([0, 10, 20], 14)).toBe(1);
    expect(nearestRow([0, 10, 20], 16)).toBe(2);
    expect(nearestRow([0, 10, 20], 99)).toBe(2);
  });

  it('turns pixels into x and back, within the drawn range', () => {
    expect(valueAt(150, area)).toBe(20);
    expect(valueAt(0, area)).toBe(10);
    expect(valueAt(999, area)).toBe(30);
    expect(pixelOf(20, area)).toBe(150);
    expect(pixelOf(99, area)).toBe(250);
    expect(pixelOf(7, { ...area, low: 7, high: 7 })).toBe(50);
  });
});
