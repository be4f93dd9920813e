import { describe, expect, it } from 'vitest';
import type { RungName } from '../../src/recipe/ladder.ts';
import { defaultScale } from '../../src/recipe/ladderScale.ts';
import {
  enqueue,
  isUnfinished,
  type LadderQueue,
  nextItem,
  type QueueAction,
  queueSecondsLeft,
  reduceQueue,
  runningItem,
  type Series,
} from '../../src/ui/state/ladderQueue.ts';

const series: Series = {
  datasetId: 'demo',
  datasetName: 'Emoji',
  trainImages: 2654,
  scale: defaultScale,
  runner: 'engine',
};

function queueOf(...names: RungName[]): LadderQueue {
  return enqueue(
    null,
    series,
    names.map((rung) => ({ rung, estimatedSeconds: 100 })),
    'q1',
  );
}

function after(queue: LadderQueue, ...actions: QueueAction[]): LadderQueue {
  return actions.reduce(reduceQueue, queue);
}

function statuses(queue: LadderQueue): string[] {
  return queue.items.map(({ rung, status }) => `${rung} ${status}`);
}

const begin = (rung: RungName): QueueAction => ({ type: 'begin', rung, nowMs: 1000 });
const end = (rung: RungName, status: 'done' | 'failed' = 'done'): QueueAction => ({
  ...{ type: 'end', rung, status, message: status === 'failed' ? 'It diverged.' : '' },
});

describe('enqueue', () => {
  it('puts rungs in the ladder’s order, each once', () => {
    const queue = queueOf('ema', 'baseline', 'mixup');
    expect(statuses(queue)).toEqual(['baseline waiting', 'mixup waiting', 'ema waiting']);
    expect(queue).toMatchObject({ id: 'q1', isRunning: true, datasetName: 'Emoji' });
  });

  it('adds to a queue of the same series and trains again what is asked for again', () => {
    const queue = after(queueOf('baseline', 'mixup'), begin('baseline'), end('baseline'), begin('mixup'));
    const more = enqueue(
      queue,
      { ...series, scale: { ...defaultScale } },
      (['baseline', 'mixup', 'cutmix'] as const).map((rung) => ({ rung, estimatedSeconds: null })),
      'q2',
    );
    expect(more.id).toBe('q1');
    expect(statuses(more)).toEqual(['baseline waiting', 'mixup running', 'cutmix waiting']);
  });

  it('begins another where the data, the scale or the runner is another', () => {
    const queue = after(queueOf('baseline'), begin('baseline'), end('baseline'));
    for (const other of [
      { ...series, datasetId: 'photos' },
      { ...series, scale: { ...defaultScale, epochsLong: 20 } },
      { ...series, runner: 'tfjs' as const },
      { ...series, trainImages: 2655 },
    ]) {
      const next = enqueue(queue, other, [{ rung: 'ema', estimatedSeconds: 1 }], 'q2');
      expect(next.id).toBe('q2');
      expect(statuses(next)).toEqual(['ema waiting']);
    }
  });
});

describe('reduceQueue', () => {
  it('goes from rung to rung, past one that failed, and then rests', () => {
    let queue = after(queueOf('baseline', 'mixup', 'ema'), begin('baseline'));
    queue = after(queue, { type: 'bind', rung: 'baseline', runId: 'run-1' });
    expect(runningItem(queue)).toMatchObject({ rung: 'baseline', runId: 'run-1', startedAtMs: 1000 });
    queue = after(queue, end('baseline'), begin('mixup'), end('mixup', 'failed'));
    expect(queue.items[1]).toMatchObject({ status: 'failed', message: 'It diverged.' });
    expect(queue.isRunning).toBe(true);
    expect(nextItem(queue)?.rung).toBe('ema');
    queue = after(queue, begin('ema'), end('ema'));
    expect(queue.isRunning).toBe(false);
    expect(isUnfinished(queue)).toBe(false);
  });

  it('counts tries at one step, and begins the count anew with progress or by hand', () => {
    let queue = after(queueOf('ema'), begin('ema'));
    const takeUp = (step: number): QueueAction => ({ type: 'takeUp', rung: 'ema', runId: 'a', step });
    queue = after(queue, takeUp(40), takeUp(40), takeUp(40));
    expect(runningItem(queue)).toMatchObject({ tries: 3, triedAtStep: 40 });
    expect(runningItem(after(queue, takeUp(60)))).toMatchObject({ tries: 1, triedAtStep: 60 });
    expect(runningItem(after(queue, { type: 'goOn' }))).toMatchObject({ tries: 0 });
    // What never came to a checkpoint is begun again, and counted too.
    const again = after(queueOf('ema'), begin('ema'), { type: 'requeue', rung: 'ema' }, begin('ema'));
    expect(runningItem(again)).toMatchObject({ tries: 2, runId: null });
  });

  it('holds with a reason and goes on', () => {
    const held = after(queueOf('ema'), begin('ema'), { type: 'hold', message: 'It broke off.' });
    expect(held.isRunning).toBe(false);
    expect(runningItem(held)?.message).toBe('It broke off.');
    const on = after(held, { type: 'goOn' });
    expect(on.isRunning).toBe(true);
    expect(runningItem(on)?.message).toBe('');
  });

  it('removes only what waits', () => {
    const queue = after(queueOf('baseline', 'mixup', 'ema'), begin('baseline'));
    expect(statuses(after(queue, { type: 'remove', rung: 'mixup' }))).toEqual([
      'baseline running',
      'ema waiting',
    ]);
    expect(statuses(after(queue, { type: 'remove', rung: 'baseline' }))).toHaveLength(3);
    const none = after(queue, { type: 'remove', rung: null });
    expect(statuses(none)).toEqual(['baseline running']);
    expect(none.isRunning).toBe(true);
    expect(after(none, end('baseline')).isRunning).toBe(false);
    expect(after(queueOf('ema'), { type: 'remove', rung: 'ema' }).isRunning).toBe(false);
  });
});

describe('queueSecondsLeft', () => {
  it('adds the run’s own time to the estimates of what waits', () => {
    const queue = after(queueOf('baseline', 'mixup', 'ema'), begin('baseline'));
    expect(queueSecondsLeft(queue, null, new Map())).toBe(300);
    expect(queueSecondsLeft(queue, 30, new Map())).toBe(230);
  });

  it('corrects estimates by what finished runs took', () => {
    const queue = after(
      queueOf('baseline', 'mixup', 'ema'),
      begin('baseline'),
      end('baseline'),
      begin('mixup'),
    );
    expect(queueSecondsLeft(queue, 40, new Map([['baseline', 150]]))).toBe(40 + 150);
  });

  it('takes the mean for what has no estimate, and says nothing where none has', () => {
    const queue = enqueue(
      null,
      series,
      [
        { rung: 'baseline', estimatedSeconds: 60 },
        { rung: 'ema', estimatedSeconds: null },
      ],
      'q',
    );
    expect(queueSecondsLeft(queue, null, new Map())).toBe(120);
    const unknown = enqueue(null, series, [{ rung: 'ema', estimatedSeconds: null }], 'q');
    expect(queueSecondsLeft(unknown, null, new Map())).toBeNull();
    expect(queueSecondsLeft(reduceQueue(unknown, begin('ema')), 12, new Map())).toBe(12);
  });
});
