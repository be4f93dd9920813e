/** The queue: one button to start it, what it is at, how long it will take, and what steers it. */
import { rungs, type RungName } from '../../recipe/ladder.ts';
import { counted, formatDuration } from '../../format.ts';
import { ConfirmButton } from '../parts/confirmButton.tsx';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { isUnfinished, type LadderQueue, nextItem, runningItem } from '../state/ladderQueue.ts';
import { statusWord } from '../state/runReducer.ts';

export function rungTitle(name: RungName): string {
  return rungs.find((rung) => rung.name === name)?.title ?? name;
}

export function QueuePanel({ app }: { app: AppState }) {
  const queue = app.ladder.queue.value;
  const isThere = queue !== null && isUnfinished(queue);
  return (
    <Panel id="ladder-queue" number={2} title="Queue" summary={<TimeLeft app={app} />}>
      {isThere ? <Progress app={app} queue={queue} /> : <StartRow app={app} />}
    </Panel>
  );
}

function TimeLeft({ app }: { app: AppState }) {
  const { ladder } = app;
  const left = ladder.secondsLeft.value;
  if (left !== null) {
    return (
      <span class="figures" data-testid="queue-left">
        about {formatDuration(left)} left
      </span>
    );
  }
  const estimates = [...ladder.ticked.value].map((rung) => ladder.estimates.value.get(rung)?.totalSeconds);
  const total = estimates.reduce<number>((sum, seconds) => sum + (seconds ?? NaN), 0);
  if (estimates.length === 0 || Number.isNaN(total)) return null;
  return (
    <span class="figures" data-testid="queue-estimate">
      {counted(estimates.length, 'run')}, about {formatDuration(total)}
    </span>
  );
}

function StartRow({ app }: { app: AppState }) {
  const { ladder } = app;
  const blocker = ladder.blocker.value;
  const count = ladder.ticked.value.size;
  return (
    <div class="queue-start">
      <button
        type="button"
        class="button primary"
        aria-disabled={blocker !== null}
        aria-describedby={blocker === null ? undefined : 'ladder-blocker'}
        onClick={() => void ladder.start()}
      >
        {count === 0 ? 'Train the ticked rungs' : `Train ${counted(count, 'rung')}`}
      </button>
      {blocker === null ? (
        <span class="note">One after the other; the queue survives a reload.</span>
      ) : (
        <span class="blocker" id="ladder-blocker">
          {blocker}
        </span>
      )}
      {ladder.estimateError.value !== null && <Message kind="bad">{ladder.estimateError.value}</Message>}
    </div>
  );
}

function Progress({ app, queue }: { app: AppState; queue: LadderQueue }) {
  const { ladder } = app;
  const item = runningItem(queue);
  const view = app.run.view.value;
  const isShown = item !== null && view.runId === item.runId;
  const ended = queue.items.filter(({ status }) => status !== 'waiting' && status !== 'running').length;
  const share = isShown && view.step !== null ? stepShare(app) : 0;
  const next = nextItem(queue);
  const locked = !ladder.isOwner.value;
  return (
    <>
      <div class="queue-now" data-testid="queue-now">
        <strong>{item === null ? (next === null ? '' : rungTitle(next.rung)) : rungTitle(item.rung)}</strong>
        <span class="figures">
          {Math.min(ended + 1, queue.items.length)} of {queue.items.length}
        </span>
        <span class="muted">
          {locked
            ? 'in another tab'
            : !queue.isRunning
              ? 'on hold'
              : isShown
                ? statusWord(view.status)
                : 'beginning'}
        </span>
        <span class="muted queue-data">{queue.datasetName}</span>
      </div>
      <progress aria-label="Queue" value={ended + share} max={queue.items.length} />
      {item !== null && item.message !== '' && <Message kind="warn">{item.message}</Message>}
      <div class="button-row">
        {queue.isRunning ? (
          <button type="button" class="button" disabled={locked} onClick={() => void ladder.pause()}>
            Pause
          </button>
        ) : (
          <button
            type="button"
            class="button primary"
            disabled={locked || app.device.value?.ok !== true}
            onClick={() => void ladder.goOn()}
          >
            Continue
          </button>
        )}
        {item !== null && (
          <button type="button" class="button" disabled={locked} onClick={() => void ladder.skip()}>
            Skip this rung
          </button>
        )}
        <ConfirmButton
          label="Cancel"
          accessibleLabel="Cancel the queue"
          question="Stop this run and drop the rest? What is trained is kept."
          confirmLabel="Cancel the queue"
          disabled={locked}
          onConfirm={() => void ladder.cancel()}
        />
        <a class="note" href="#/train">
          See its curves
        </a>
      </div>
    </>
  );
}

/** How far the shown run is, in [0, 1]. */
function stepShare(app: AppState): number {
  const { step } = app.run.view.value;
  const epochs = app.run.subject.value?.recipe.epochs ?? 1;
  return step === null ? 0 : Math.min(1, step.step / (step.stepsPerEpoch * epochs));
}
