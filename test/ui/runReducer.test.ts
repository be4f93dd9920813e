import { describe, expect, it } from 'vitest';
import type { TrainerEvent } from '../../src/protocol.ts';
import { idleRun, isActive, isMoving, reduceRun, type RunView } from '../../src/ui/state/runReducer.ts';
import { tabTitle } from '../../src/ui/state/watch.ts';
import { evaluationEvent, stepEvent } from './events.ts';

function after(events: TrainerEvent[]): RunView {
  return events.reduce(reduceRun, idleRun);
}

const training: TrainerEvent = { event: 'status', runId: 'r', status: 'training', message: '' };

describe('reduceRun', () => {
  it('follows a run from its preparation to its end', () => {
    const compiling: TrainerEvent = { event: 'progress', label: 'Compiling', done: 1, total: 8 };
    const preparing = after([
      { event: 'status', runId: 'r', status: 'preparing', message: 'Loading.' },
      compiling,
    ]);
    expect(preparing).toMatchObject({ runId: 'r', status: 'preparing', message: 'Loading.' });
    expect(preparing.progress).toEqual({ label: 'Compiling', done: 1, total: 8 });
    const moving = [training, stepEvent(1)].reduce(reduceRun, preparing);
    expect(moving.progress).toBeNull();
    expect(moving.step?.step).toBe(1);
    const end = reduceRun(moving, { event: 'status', runId: 'r', status: 'finished', message: 'Done.' });
    expect(isActive(end.status)).toBe(false);
  });

  it('remembers the best of raw and EMA results and when it was', () => {
    const view = after([
      evaluationEvent(0, { top1: 0.4, emaTop1: 0.2 }),
      evaluationEvent(1, { top1: 0.3, emaTop1: 0.6 }),
      evaluationEvent(2, { top1: 0.6, emaTop1: 0.5 }),
    ]);
    expect(view.best).toEqual({ top1: 0.6, epoch: 1, weights: 'ema' });
    expect(after([evaluationEvent(0, { top1: 0.1, emaTop1: null })]).best?.weights).toBe('raw');
  });

  it('shows each problem once and no more than five', () => {
    const problem = (message: string): TrainerEvent => ({ event: 'problem', kind: 'storage', message });
    const view = after(['a', 'b', 'a', 'c', 'd', 'e', 'f'].map(problem));
    expect(view.problems.map(({ message }) => message)).toEqual(['a', 'c', 'd', 'e', 'f']);
  });

  it('tells a paused run (taken, but nothing is lost by closing) from a moving one', () => {
    expect(isActive('paused')).toBe(true);
    expect(isMoving('paused')).toBe(false);
    expect(isMoving('evaluating')).toBe(true);
  });
});

describe('tabTitle', () => {
  it('shows progress while a run moves and its end afterwards', () => {
    const view = after([training, stepEvent(25), evaluationEvent(1, { top1: 0.4, emaTop1: 0.623 })]);
    expect(tabTitle(view, 10)).toBe('3/10 · 62.3 % · Tabtrain');
    expect(tabTitle({ ...view, status: 'paused' }, 10)).toBe('paused · 62.3 % · Tabtrain');
    expect(tabTitle(idleRun, 10)).toBe('Tabtrain');
  });
});
