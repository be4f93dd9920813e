/**
 * The ladder's queue as plain data and pure changes of it: which rungs are to be trained, one after the other, on
 * which data at which scale, and what became of each. It is stored as it is (ladderStorage.ts).
 */
import { rungNames, type RungName } from '../../recipe/ladder.ts';
import type { LadderScale } from '../../recipe/ladderScale.ts';
import type { RunnerKind } from '../../protocol.ts';

export const itemStatuses = ['waiting', 'running', 'done', 'failed', 'stopped', 'skipped'] as const;
export type ItemStatus = (typeof itemStatuses)[number];

export interface QueueItem {
  rung: RungName;
  status: ItemStatus;
  /** Null until the trainer has named its run. */
  runId: string | null;
  /** Why it failed or waits for the person; empty otherwise. */
  message: string;
  /** Before it began; null where it could not be told. */
  estimatedSeconds: number | null;
  startedAtMs: number | null;
  /** How often it was begun or taken up at `triedAtStep`: what always breaks off there must not go on for ever. */
  tries: number;
  triedAtStep: number;
}

/** What all runs of a queue have in common, so that their results can be compared. */
export interface Series {
  datasetId: string;
  datasetName: string;
  /** Images of the training split, which the scaled EMA depends on. */
  trainImages: number;
  scale: LadderScale;
  runner: RunnerKind;
}

export interface LadderQueue extends Series {
  id: string;
  /** Goes on by itself, also after a reload; false: waits for the person. */
  isRunning: boolean;
  /** In the ladder's order, each rung once. */
  items: readonly QueueItem[];
}

export interface WantedRung {
  rung: RungName;
  estimatedSeconds: number | null;
}

/** After so many tries at one step the queue waits for the person. */
export const mostTries = 3;

export function isSameSeries(a: Series, b: Series): boolean {
  return (
    a.datasetId === b.datasetId &&
    a.trainImages === b.trainImages &&
    a.runner === b.runner &&
    (Object.keys(a.scale) as (keyof LadderScale)[]).every((name) => a.scale[name] === b.scale[name])
  );
}

export function runningItem(queue: LadderQueue): QueueItem | null {
  return queue.items.find(({ status }) => status === 'running') ?? null;
}

export function nextItem(queue: LadderQueue): QueueItem | null {
  return queue.items.find(({ status }) => status === 'waiting') ?? null;
}

/** Something is still to be trained. */
export function isUnfinished(queue: LadderQueue): boolean {
  return runningItem(queue) !== null || nextItem(queue) !== null;
}

/**
 * Adds rungs, and starts. Of the same series, what was trained before stays; a rung that is asked for again is
 * trained again. Of another series a new queue begins: the caller makes sure that the old one is finished.
 */
export function enqueue(
  queue: LadderQueue | null,
  series: Series,
  wanted: readonly WantedRung[],
  newId: string,
): LadderQueue {
  const base: LadderQueue =
    queue !== null && isSameSeries(queue, series)
      ? queue
      : { ...series, id: newId, isRunning: true, items: [] };
  const running = runningItem(base)?.rung;
  const fresh = wanted
    .filter(({ rung }) => rung !== running)
    .map(({ rung, estimatedSeconds }): QueueItem => ({
      ...{ rung, estimatedSeconds, status: 'waiting', runId: null, message: '' },
      ...{ startedAtMs: null, tries: 0, triedAtStep: 0 },
    }));
  const kept = base.items.filter(({ rung }) => !fresh.some((item) => item.rung === rung));
  const items = [...kept, ...fresh].sort((a, b) => rungNames.indexOf(a.rung) - rungNames.indexOf(b.rung));
  return { ...base, items, isRunning: true };
}

export type QueueAction =
  /** The trainer was asked to start it, or to go on with it from `step`. */
  | { type: 'begin'; rung: RungName; nowMs: number }
  | { type: 'takeUp'; rung: RungName; runId: string; step: number }
  | { type: 'bind'; rung: RungName; runId: string }
  /** Nothing is left of what began: it is begun again. */
  | { type: 'requeue'; rung: RungName }
  | { type: 'end'; rung: RungName; status: Exclude<ItemStatus, 'waiting' | 'running'>; message: string }
  | { type: 'hold'; message: string }
  | { type: 'goOn' }
  /** Takes back what waits: one rung, or all. */
  | { type: 'remove'; rung: RungName | null };

export function reduceQueue(queue: LadderQueue, action: QueueAction): LadderQueue {
  switch (action.type) {
    case 'begin':
      return change(queue, action.rung, (item) => ({
        ...item,
        ...{ status: 'running', runId: null, message: '', startedAtMs: action.nowMs },
        ...counted(item, 0),
      }));
    case 'takeUp':
      return change(queue, action.rung, (item) => ({
        ...item,
        ...{ runId: action.runId, message: '' },
        ...counted(item, action.step),
      }));
    case 'bind':
      return change(queue, action.rung, (item) => ({ ...item, runId: action.runId }));
    case 'requeue':
      return change(queue, action.rung, (item) => ({ ...item, status: 'waiting', runId: null }));
    case 'end': {
      const { status, message } = action;
      return settled(change(queue, action.rung, (item) => ({ ...item, status, message })));
    }
    case 'hold': {
      const rung = runningItem(queue)?.rung;
      const held = { ...queue, isRunning: false };
      return rung === undefined ? held : change(held, rung, (item) => ({ ...item, message: action.message }));
    }
    case 'goOn':
      return settled({
        ...queue,
        isRunning: true,
        items: queue.items.map((item) =>
          item.status === 'running' || item.status === 'waiting' ? { ...item, tries: 0, message: '' } : item,
        ),
      });
    case 'remove':
      return settled({
        ...queue,
        items: queue.items.filter(
          ({ rung, status }) => status !== 'waiting' || (action.rung !== null && rung !== action.rung),
        ),
      });
  }
}

function change(queue: LadderQueue, rung: RungName, update: (item: QueueItem) => QueueItem): LadderQueue {
  return { ...queue, items: queue.items.map((item) => (item.rung === rung ? update(item) : item)) };
}

function counted(item: QueueItem, step: number): Pick<QueueItem, 'tries' | 'triedAtStep'> {
  return { tries: step === item.triedAtStep ? item.tries + 1 : 1, triedAtStep: step };
}

/** A queue with nothing to train does not run. */
function settled(queue: LadderQueue): LadderQueue {
  return isUnfinished(queue) ? queue : { ...queue, isRunning: false };
}

/**
 * Seconds until the whole queue is trained. Estimates are corrected by how long the finished runs took; what has
 * none counts as the mean of the others.
 * @param currentSecondsLeft of the run that is being trained; null where it tells none yet
 * @param secondsTaken by finished runs, by rung
 * @returns null where nothing is known
 */
export function queueSecondsLeft(
  queue: LadderQueue,
  currentSecondsLeft: number | null,
  secondsTaken: ReadonlyMap<RungName, number>,
): number | null {
  let estimated = 0;
  let taken = 0;
  for (const { rung, status, estimatedSeconds } of queue.items) {
    const seconds = secondsTaken.get(rung);
    if (status !== 'done' || seconds === undefined || estimatedSeconds === null) continue;
    estimated += estimatedSeconds;
    taken += seconds;
  }
  const factor = estimated > 0 ? taken / estimated : 1;
  const known = queue.items.flatMap(({ estimatedSeconds }) => estimatedSeconds ?? []);
  const mean = known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
  let left = 0;
  for (const { status, estimatedSeconds } of queue.items) {
    const expected = (estimatedSeconds ?? mean) * factor;
    if (status === 'running') left += currentSecondsLeft ?? expected;
    if (status === 'waiting') left += expected;
  }
  return Number.isFinite(left) ? left : null;
}
