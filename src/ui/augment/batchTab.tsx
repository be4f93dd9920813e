/** The batch of a step of a run, rebuilt: its images as the network saw them, their soft labels, its fingerprint. */
import { useEffect } from 'preact/hooks';
import { counted, formatAgo, formatCount, modelTitle } from '../../format.ts';
import type { RunSummary, StepSample } from '../../protocol.ts';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import type { BatchStore, RebuiltBatch } from './batchStore.ts';
import { drawText, mixText } from './describe.ts';
import { ShareBar } from './filmstrip.tsx';
import type { InspectStore } from './inspectStore.ts';
import { NumberEntry } from './numberEntry.tsx';
import { PictureCanvas } from './pictureCanvas.tsx';

interface BatchTabProps {
  app: AppState;
  store: InspectStore;
  batches: BatchStore;
}

export function BatchTab({ app, store, batches }: BatchTabProps) {
  const runs = app.runs.runs.value;
  const { runId } = store.address.value;
  const run = runs.find(({ id }) => id === runId);
  useEffect(() => void app.runs.load(), []);
  useEffect(() => batches.follow(store, () => app.runs.runs.value), []);
  useEffect(() => {
    const first = runs[0];
    if (runId === null && first !== undefined) store.set({ runId: first.id, step: 1, rank: 0 });
  }, [runId, runs]);
  if (app.runs.loaded.value && runs.length === 0) {
    return (
      <p class="note">
        Nothing has been trained here yet. After a few steps of <a href="#/train">training</a> their batches
        can be looked at here.
      </p>
    );
  }
  return (
    <div class="batch">
      <BatchTools app={app} store={store} batches={batches} run={run} />
      {app.runs.loaded.value && runId !== null && run === undefined && (
        <Message kind="note">
          The run of this link is not stored in this browser. Choose another above.
        </Message>
      )}
      {batches.batch.error.value !== null && <Message kind="bad">{batches.batch.error.value}</Message>}
      {batches.batch.answer.value !== null && run !== undefined && (
        <Rebuilt
          rebuilt={batches.batch.answer.value.answer}
          isBusy={batches.batch.busy.value}
          onRank={(rank) => store.set({ rank })}
        />
      )}
      {batches.batch.answer.value === null && batches.batch.busy.value && (
        <p class="note">Rebuilding the batch …</p>
      )}
    </div>
  );
}

function BatchTools({ app, store, batches, run }: BatchTabProps & { run: RunSummary | undefined }) {
  const { step } = store.address.value;
  const known = batches.lastStep.value;
  const live = app.run.view.value;
  const last = Math.max(
    1,
    run === undefined ? 1 : run.step,
    known !== null && known.runId === run?.id ? known.step : 1,
    live.runId === run?.id ? (live.step?.step ?? 1) : 1,
  );
  const go = (wanted: number) => store.set({ step: Math.min(last, Math.max(1, Math.round(wanted))) });
  return (
    <div class="batch-tools">
      <label class="field">
        <span class="field-label">Run</span>
        <select
          value={run?.id ?? ''}
          onChange={(event) => store.set({ runId: event.currentTarget.value, step: 1, rank: 0 })}
        >
          {run === undefined && <option value="">Choose a run</option>}
          {app.runs.runs.value.map((each) => (
            <option key={each.id} value={each.id}>
              {modelTitle(each.recipe.model)} on {each.datasetName}, {formatAgo(each.updatedAtMs, Date.now())}
            </option>
          ))}
        </select>
      </label>
      <div class="step-picker" role="group" aria-label="Step">
        <label class="field">
          <span class="field-label">Step of {formatCount(last)}</span>
          <NumberEntry value={step} min={1} max={last} onEnter={go} />
        </label>
        <input
          type="range"
          aria-label="Step"
          min={1}
          max={last}
          value={Math.min(step, last)}
          disabled={last === 1}
          onInput={(event) => go(event.currentTarget.valueAsNumber)}
        />
        <button
          type="button"
          class="button"
          aria-label="Previous step"
          disabled={step <= 1}
          onClick={() => go(step - 1)}
        >
          ‹
        </button>
        <button
          type="button"
          class="button"
          aria-label="Next step"
          disabled={step >= last}
          onClick={() => go(step + 1)}
        >
          ›
        </button>
        <button type="button" class="button" disabled={step >= last} onClick={() => go(last)}>
          Last
        </button>
      </div>
    </div>
  );
}

interface RebuiltProps {
  rebuilt: RebuiltBatch;
  isBusy: boolean;
  onRank: (rank: number) => void;
}

function Rebuilt({ rebuilt, isBusy, onRank }: RebuiltProps) {
  const { run, step, batch } = rebuilt;
  return (
    <section class="panel" aria-labelledby="batch-title">
      <header class="panel-head">
        <h2 id="batch-title">Step {formatCount(step)}</h2>
        <p class="panel-summary figures">
          <span>
            epoch {batch.epoch + 1}, step {formatCount(batch.stepInEpoch + 1)} of{' '}
            {formatCount(batch.stepsPerEpoch)}
          </span>
          <span>{counted(batch.samples.length, 'image')}</span>
          <span>{mixText(batch.mix)}</span>
        </p>
      </header>
      {batch.ranks > 1 && (
        <div class="segmented small" role="group" aria-label="Rank">
          {Array.from({ length: batch.ranks }, (_, rank) => (
            <button key={rank} type="button" aria-pressed={rank === batch.rank} onClick={() => onRank(rank)}>
              rank {rank}
            </button>
          ))}
        </div>
      )}
      <Verdict rebuilt={rebuilt} />
      <ol class="batch-grid" aria-label="Images of the batch" aria-busy={isBusy}>
        {batch.samples.map((sample, i) => (
          <BatchCell
            key={i}
            sample={sample}
            classes={run.classes}
            text={drawText(sample.parameters, batch.mix)}
          />
        ))}
      </ol>
    </section>
  );
}

/** Whether these are the very bytes that trained. */
function Verdict({ rebuilt: { batch, recorded, unrecorded } }: { rebuilt: RebuiltBatch }) {
  const { fingerprint } = batch;
  if (fingerprint === null) {
    return (
      <p class="note" data-testid="batch-verdict">
        Without WebGPU the fingerprint of a batch cannot be computed here.
      </p>
    );
  }
  const computed = <code>{fingerprint}</code>;
  if (recorded === null) {
    return (
      <p class="note" data-testid="batch-verdict">
        Fingerprint of its tensors: {computed}.{' '}
        {unrecorded === 'older run'
          ? 'The run is from before fingerprints were recorded.'
          : 'The run’s history does not have this step, so there is none to compare it with.'}
      </p>
    );
  }
  if (recorded === fingerprint) {
    return (
      <p class="verdict-line" data-testid="batch-verdict" data-equal="true">
        <span class="verdict" aria-hidden="true">
          ✓
        </span>{' '}
        The very bytes that trained: fingerprint {computed}, as recorded.
      </p>
    );
  }
  return (
    <div data-testid="batch-verdict" data-equal="false">
      <Message kind="warn">
        <p>
          Not the bytes that trained: the fingerprint is {computed}, and <code>{recorded}</code> was recorded.
          The data set or the browser’s decoder has changed since, or another device computed it.
        </p>
      </Message>
    </div>
  );
}

function BatchCell({ sample, classes, text }: { sample: StepSample; classes: string[]; text: string }) {
  const shares = sample.targets.map(({ classIndex, share }) => ({
    name: classes[classIndex] ?? `class ${classIndex}`,
    share,
  }));
  return (
    <li class="batch-cell" title={`${sample.fileName}: ${text}`}>
      <PictureCanvas picture={sample.picture} label={`${sample.fileName}: ${text}`} />
      <ShareBar shares={shares} />
    </li>
  );
}
