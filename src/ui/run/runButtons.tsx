/** Train, pause, resume, one step, stop, and saving the weights; fixed at the bottom on a phone. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WeightsKind } from '../../protocol.ts';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import { isMoving } from '../state/runReducer.ts';

export function RunButtons({ app }: { app: AppState }) {
  const { run } = app;
  const { status } = run.view.value;
  const pending = run.pendingCommand.value;
  const busy = pending !== null;
  const bar = useRef<HTMLDivElement>(null);
  const wasPressed = useRef(false);
  // A pressed button may give way to another: the keyboard goes on from there, not from the top.
  useEffect(() => {
    if (!wasPressed.current || document.activeElement !== document.body) return;
    bar.current?.querySelector<HTMLButtonElement>('button:not(:disabled)')?.focus();
  }, [status, pending]);
  return (
    <div class="action-bar" ref={bar} onClick={() => (wasPressed.current = true)}>
      {!app.active.value && <TrainButton app={app} />}
      {isMoving(status) && (
        <button
          type="button"
          class="button primary"
          disabled={busy || status === 'preparing'}
          onClick={() => void run.pause()}
        >
          {pending === 'pause' ? 'Pausing …' : 'Pause'}
        </button>
      )}
      {status === 'paused' && (
        <>
          <button
            type="button"
            class="button primary"
            disabled={busy}
            onClick={() => void run.resumePaused()}
          >
            {pending === 'resume' ? 'Resuming …' : 'Resume'}
          </button>
          <button type="button" class="button" disabled={busy} onClick={() => void run.step()}>
            Step
          </button>
        </>
      )}
      {app.active.value && (
        <button type="button" class="button" disabled={pending === 'stop'} onClick={() => void run.stop()}>
          {pending === 'stop' ? 'Stopping …' : 'Stop'}
        </button>
      )}
      <SaveWeights app={app} />
    </div>
  );
}

function TrainButton({ app }: { app: AppState }) {
  const blocker = app.trainBlocker.value;
  const waiting = app.waitingForData.value;
  return (
    <>
      <button
        type="button"
        class="button primary train"
        // Stays focusable, so that a screen reader can reach the reason.
        aria-disabled={blocker !== null}
        aria-describedby={blocker === null ? undefined : 'train-blocker'}
        disabled={app.run.pendingCommand.value !== null || waiting}
        onClick={() => void app.train()}
      >
        {waiting ? 'Training begins after the import' : 'Train'}
      </button>
      {blocker !== null && (
        <p class="blocker" id="train-blocker">
          {blocker}
        </p>
      )}
    </>
  );
}

function SaveWeights({ app }: { app: AppState }) {
  const [error, setError] = useState<string | null>(null);
  const { runId, step } = app.run.view.value;
  const subject = app.run.subject.value;
  if (runId === null || subject === null || step === null) return null;
  const saving = app.runs.saving.value === runId;
  const save = async (kind: WeightsKind) =>
    setError(
      await app.runs.saveWeights(
        { id: runId, model: subject.recipe.model, datasetName: subject.datasetName },
        kind,
      ),
    );
  return (
    <div class="save-weights" role="group" aria-label="Save weights">
      <span class="muted">{saving ? 'Saving …' : 'Save weights'}</span>
      <button
        type="button"
        class="button"
        disabled={saving}
        aria-label="Save the raw weights"
        onClick={() => void save('raw')}
      >
        raw
      </button>
      {subject.recipe.modelEma && (
        <button
          type="button"
          class="button"
          disabled={saving}
          aria-label="Save the EMA weights"
          onClick={() => void save('ema')}
        >
          EMA
        </button>
      )}
      {error !== null && (
        <Message kind="bad" onDismiss={() => setError(null)}>
          {error}
        </Message>
      )}
    </div>
  );
}
