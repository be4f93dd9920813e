/**
 * Makes the ladder's queue go on: starts the next run when one ends, takes an unfinished one up after a reload or a
 * lost device, and marks what failed. Everything it does follows from the queue and what the trainer tells; it
 * remembers nothing itself, so a reload loses nothing.
 */
import { computed, effect } from '@preact/signals';
import type { RunSummary } from '../../protocol.ts';
import { ladderRecipe } from '../../recipe/ladderScale.ts';
import { messageOf } from '../../format.ts';
import { type LadderQueue, mostTries, nextItem, type QueueItem, runningItem } from './ladderQueue.ts';
import type { LadderStore } from './ladderStore.ts';
import { isActive, isMoving } from './runReducer.ts';

/** After a refusal: what refuses may be on its way out, as the tab before a reload. */
const retryDelayMs = 1000;

/** Connects once; what is under way when the page closes is taken up by the next page. */
export function driveLadder(ladder: LadderStore): void {
  const { run, device } = ladder.host;
  // Events come often; the queue depends on these few values of them.
  const shown = computed(() => `${run.view.value.status} ${run.view.value.runId ?? ''}`);
  let isBusy = false;

  const drive = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      while (await takeOneStep(ladder));
    } catch (error) {
      // Held rather than tried for ever: the person sees why.
      ladder.dispatch({ type: 'hold', message: '' });
      ladder.notice.value = `The queue stopped: ${messageOf(error)} Press Continue to go on with it.`;
    } finally {
      isBusy = false;
    }
  };

  const situation = computed(() => [
    ...[ladder.queue.value, ladder.isOwner.value, device.value],
    ...[run.pendingCommand.value, shown.value],
  ]);
  // In a task of its own: what it does changes these again.
  situation.subscribe(() => queueMicrotask(() => void drive()));
  followPauses(ladder);
}

/** The run's own Pause and Resume, on the training view, hold the queue and let it go on. */
function followPauses(ladder: LadderStore): void {
  const { run } = ladder.host;
  const status = computed(() => run.view.value.status);
  let before = status.peek();
  effect(() => {
    const last = before;
    before = status.value;
    const queue = ladder.queue.peek();
    const { runId, message } = run.view.peek();
    if (queue === null || runId === null || runningItem(queue)?.runId !== runId) return;
    if (before === 'paused' && message === '' && queue.isRunning) ladder.dispatch({ type: 'hold', message });
    if (isMoving(before) && last === 'paused' && !queue.isRunning) ladder.dispatch({ type: 'goOn' });
  });
}

/** Does the next thing there is to do. False: nothing, until something changes. */
async function takeOneStep(ladder: LadderStore): Promise<boolean> {
  const { run, device } = ladder.host;
  const queue = ladder.queue.peek();
  if (queue?.isRunning !== true || !ladder.isOwner.peek() || device.peek()?.ok !== true) return false;
  if (run.pendingCommand.peek() !== null) return false;
  const { status, runId, message } = run.view.peek();
  const item = runningItem(queue);
  if (item === null) {
    const next = nextItem(queue);
    // The run before may still be stopping, or the person started one by hand.
    if (next === null || isActive(status)) return false;
    await start(ladder, queue, next);
    return true;
  }
  if (item.runId === null || item.runId !== runId) {
    if (isActive(status)) return false;
    await takeUp(ladder, queue, item);
    return true;
  }
  switch (status) {
    case 'preparing':
    case 'training':
    case 'evaluating':
      return false;
    case 'paused':
      // With a message it is a lost device; without one the person paused.
      if (message === '') return false;
      await takeUp(ladder, queue, item);
      return true;
    case 'idle':
      await takeUp(ladder, queue, item);
      return true;
    case 'finished':
      await ladder.host.runs.load();
      ladder.dispatch({ type: 'end', rung: item.rung, status: 'done', message: '' });
      return true;
    case 'failed':
      ladder.dispatch({ type: 'end', rung: item.rung, status: 'failed', message });
      return true;
    case 'stopped':
      // By the person, on the training view: not to be followed by the next run at once.
      ladder.dispatch({ type: 'end', rung: item.rung, status: 'stopped', message: '' });
      ladder.dispatch({ type: 'hold', message: '' });
      return true;
  }
}

async function start(ladder: LadderStore, queue: LadderQueue, { rung }: QueueItem): Promise<void> {
  const { host } = ladder;
  const fail = (message: string) => ladder.dispatch({ type: 'end', rung, status: 'failed', message });
  const dataset = host.datasets.peek().find(({ id }) => id === queue.datasetId);
  if (dataset === undefined) {
    fail(
      `The data set “${queue.datasetName}” is no longer stored in this browser. Import it again, then start anew.`,
    );
    return;
  }
  const { scale, trainImages, datasetId, runner } = queue;
  ladder.dispatch({ type: 'begin', rung, nowMs: Date.now() });
  const begun = await host.startRun(
    {
      ...{ recipe: ladderRecipe(rung, scale, trainImages), datasetId, runner, initialWeights: null },
      ladder: { queueId: queue.id, rung },
    },
    dataset,
  );
  const current = ladder.queue.peek();
  // It may have been skipped meanwhile.
  if (current === null || runningItem(current)?.rung !== rung) return;
  const { runId } = host.run.view.peek();
  if (begun && runId !== null) {
    ladder.dispatch({ type: 'bind', rung, runId });
    return;
  }
  const refusal = host.run.commandError.peek();
  if (refusal !== null) {
    fail(refusal);
    return;
  }
  ladder.dispatch({ type: 'end', rung, status: 'stopped', message: '' });
  ladder.dispatch({ type: 'hold', message: '' });
}

/** Goes on with a run that began before, from its checkpoint; where it has none, it is begun again. */
async function takeUp(ladder: LadderStore, queue: LadderQueue, item: QueueItem): Promise<void> {
  const { host } = ladder;
  const { rung } = item;
  await host.runs.load();
  if (host.runs.error.peek() !== null) throw new Error(host.runs.error.peek() ?? '');
  const stored = findRun(host.runs.runs.peek(), queue, item);
  if (stored === null) {
    if (isTriedOut(ladder, item, 0)) return;
    ladder.dispatch({ type: 'requeue', rung });
    return;
  }
  ladder.dispatch({ type: 'bind', rung, runId: stored.id });
  if (stored.status === 'finished' || stored.status === 'stopped') {
    const status = stored.status === 'finished' ? 'done' : 'stopped';
    ladder.dispatch({ type: 'end', rung, status, message: '' });
    return;
  }
  if (stored.status === 'failed') {
    const message = 'It failed; why was said before this page was reloaded.';
    ladder.dispatch({ type: 'end', rung, status: 'failed', message });
    return;
  }
  if (isTriedOut(ladder, item, stored.resumable ? stored.step : 0)) return;
  if (!stored.resumable) {
    // It has neither weights nor curves yet.
    await host.runs.delete(stored.id);
    ladder.dispatch({ type: 'requeue', rung });
    return;
  }
  ladder.dispatch({ type: 'takeUp', rung, runId: stored.id, step: stored.step });
  if (!(await host.resumeRun(stored))) await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
}

/** Holds the queue where a run always breaks off at the same step. */
function isTriedOut(ladder: LadderStore, item: QueueItem, step: number): boolean {
  if (item.tries < mostTries || item.triedAtStep !== step) return false;
  const refusal = ladder.host.run.commandError.peek();
  const reason = refusal === null ? '' : ` ${refusal}`;
  const message = `It broke off ${String(item.tries)} times at step ${String(step)}.${reason} Continue tries again; Skip goes on with the next.`;
  ladder.dispatch({ type: 'hold', message });
  return true;
}

/** The item's run: by its name, or, where the page closed before it had one, by its rung and time. */
function findRun(runs: readonly RunSummary[], queue: LadderQueue, item: QueueItem): RunSummary | null {
  const { runId, rung, startedAtMs } = item;
  if (runId !== null) return runs.find(({ id }) => id === runId) ?? null;
  const isOfItem = ({ ladder, createdAtMs }: RunSummary) =>
    ladder?.queueId === queue.id && ladder.rung === rung && createdAtMs >= (startedAtMs ?? Infinity);
  return runs.filter(isOfItem).sort((a, b) => b.createdAtMs - a.createdAtMs)[0] ?? null;
}
