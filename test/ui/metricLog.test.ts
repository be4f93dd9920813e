import { describe, expect, it } from 'vitest';
import { MetricLog, MinMaxBuckets } from '../../src/ui/state/metricLog.ts';
import { evaluationEvent, stepEvent } from './events.ts';

describe('MinMaxBuckets', () => {
  it('keeps every sample while there are few', () => {
    const values = Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const buckets = new MinMaxBuckets();
    values.forEach((_, i) => buckets.add(i, values));
    expect(buckets.indices(values.length)).toEqual(values.map((_, i) => i));
  });

  it('bounds the points of a long run and keeps its lowest and highest value', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => Math.sin(i * 1.7) + i * 1e-6);
    values[77_777] = 99;
    values[123_456] = -99;
    const buckets = new MinMaxBuckets();
    values.forEach((_, i) => buckets.add(i, values));
    const indices = buckets.indices(values.length);
    expect(indices.length).toBeLessThan(1050);
    expect(indices.length).toBeGreaterThan(450);
    expect(indices).toContain(77_777);
    expect(indices).toContain(123_456);
    expect(indices.at(-1)).toBe(199_999);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
  });
});

describe('MetricLog', () => {
  it('joins steps and evaluations in the order of the run', () => {
    const log = new MetricLog();
    for (let step = 1; step <= 20; step += 1) log.addStep(stepEvent(step, { loss: 3 - step / 10 }));
    log.addEvaluation(evaluationEvent(0, { valLoss: 2.5 }));
    log.addEvaluation(evaluationEvent(1, { emaValLoss: null, emaTop1: null }));
    const table = log.table('step');
    expect(table.x).toHaveLength(22);
    expect(table.x).toEqual([...table.x].sort((a, b) => a - b));
    const row = table.validationLoss.indexOf(2.5);
    expect(table.x[row]).toBe(10);
    expect(table.stepLoss[row]).toBeNull();
    expect(table.emaValidationLoss.filter((value) => value !== null)).toEqual([2.2]);
  });

  it('offers epochs and seconds as x', () => {
    const log = new MetricLog();
    log.addStep(stepEvent(5));
    log.addStep(stepEvent(15));
    log.addEvaluation(evaluationEvent(1));
    expect(log.table('epoch').x).toEqual([0.5, 1.5, 2]);
    expect(log.table('time').x).toEqual([1.6, 4.8, 6.6]);
  });

  it('drops what a resumed run repeats', () => {
    const log = new MetricLog();
    for (let step = 1; step <= 25; step += 1) log.addStep(stepEvent(step, { loss: 1 }));
    log.addEvaluation(evaluationEvent(0));
    log.addEvaluation(evaluationEvent(1));
    log.addStep(stepEvent(11, { loss: 7 }));
    expect(log.stepCount).toBe(11);
    expect(log.evaluations.map(({ epoch }) => epoch)).toEqual([0]);
    expect(log.table('step').stepLoss.at(-1)).toBe(7);
  });

  it('smooths without bias at the beginning and follows a change of the factor', () => {
    const log = new MetricLog();
    log.setSmoothing(0.5);
    log.addStep(stepEvent(1, { loss: 4 }));
    log.addStep(stepEvent(2, { loss: 1 }));
    // Weights 0.25 and 0.5 over their sum: (0.25·4 + 0.5·1) / 0.75.
    expect(log.table('step').smoothLoss).toEqual([4, 2]);
    log.setSmoothing(0);
    expect(log.table('step').smoothLoss).toEqual([4, 1]);
  });

  it('leaves a gap where a loss is not a number instead of breaking the curve', () => {
    const log = new MetricLog();
    log.addStep(stepEvent(1, { loss: 2 }));
    log.addStep(stepEvent(2, { loss: NaN }));
    log.addStep(stepEvent(3, { loss: 1 }));
    expect(log.table('step').stepLoss).toEqual([2, null, 1]);
    expect(log.table('step').smoothLoss.every((value) => value !== null)).toBe(true);
  });
});
