/** The runs stored in this browser, with their results and what can be done with them. */
import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { RunSummary, WeightsKind } from '../../protocol.ts';
import { defaultAddress, formatAddress } from '../augment/address.ts';
import { CurvesPanel } from '../charts/curvesPanel.tsx';
import { ConfirmButton } from '../parts/confirmButton.tsx';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import { compareAddress } from '../state/route.ts';
import { rungTitle } from '../ladder/queuePanel.tsx';
import { formatAgo, formatCount, formatShare, messageOf, modelTitle } from '../../format.ts';
import { MetricLog } from '../state/metricLog.ts';
import { loadRun, type Curves } from '../state/runStore.ts';
import { statusWord } from '../state/runReducer.ts';

export function RunsView({ app, openRunId }: { app: AppState; openRunId: string | null }) {
  const { runs } = app;
  const [error, setError] = useState<string | null>(null);
  const [compared, setCompared] = useState<string | null>(null);
  useEffect(() => void runs.load(), []);
  const open = runs.runs.value.find((run) => run.id === openRunId);
  return (
    <div class="runs-view">
      <h2>Runs in this browser</h2>
      {runs.error.value !== null && <Message kind="bad">{runs.error.value}</Message>}
      {error !== null && (
        <Message kind="bad" onDismiss={() => setError(null)}>
          {error}
        </Message>
      )}
      {runs.loaded.value && runs.runs.value.length === 0 && (
        <p class="note">
          Nothing has been trained here yet. <a href="#/train">Train</a> keeps its curves and weights in this
          browser.
        </p>
      )}
      <ul class="run-list">
        {runs.runs.value.map((run) => (
          <RunRow
            key={run.id}
            app={app}
            run={run}
            isOpen={run.id === openRunId}
            onError={setError}
            compared={compared}
            onCompare={setCompared}
          />
        ))}
      </ul>
      {openRunId !== null && runs.loaded.value && open === undefined && (
        <p class="note">The run of this address is not stored in this browser.</p>
      )}
      {open !== undefined && <StoredCurves key={open.id} app={app} run={open} />}
    </div>
  );
}

interface RunRowProps {
  app: AppState;
  run: RunSummary;
  isOpen: boolean;
  onError: (message: string | null) => void;
  /** The run that another is to be compared with; null before one is chosen. */
  compared: string | null;
  onCompare: (id: string | null) => void;
}

function RunRow({ app, run, isOpen, onError, compared, onCompare }: RunRowProps) {
  const title = `${modelTitle(run.recipe.model)} on ${run.datasetName}`;
  const canCompare = compared !== null && compared !== run.id;
  const { lastEvaluation } = run;
  const isCurrent = app.run.view.value.runId === run.id && app.active.value;
  const saving = app.runs.saving.value === run.id;
  const save = async (kind: WeightsKind) =>
    onError(
      await app.runs.saveWeights({ id: run.id, model: run.recipe.model, datasetName: run.datasetName }, kind),
    );
  return (
    <li class="run-row" data-open={isOpen} aria-label={title}>
      <div class="run-row-head">
        <h3>
          <a href={isOpen ? '#/runs' : `#/runs/${encodeURIComponent(run.id)}`} aria-expanded={isOpen}>
            {title}
          </a>
        </h3>
        <p class="muted figures">
          {run.recipe.epochs} epochs at {run.recipe.trainCropSize} px,{' '}
          {isCurrent ? statusWord(app.run.view.value.status) : storedStatus(run)},{' '}
          {formatAgo(run.updatedAtMs, Date.now())}
          {run.runner === 'tfjs' && ', by plain tfjs'}
          {run.ladder !== undefined && `, ladder: ${rungTitle(run.ladder.rung)}`}
        </p>
      </div>
      <dl class="run-row-figures figures">
        <div>
          <dt>Step</dt>
          <dd>
            {formatCount(run.step)} of {formatCount(run.totalSteps)}
          </dd>
        </div>
        <div>
          <dt>Top-1</dt>
          <dd>{lastEvaluation === null ? '–' : formatShare(lastEvaluation.top1)}</dd>
        </div>
        <div>
          <dt>EMA</dt>
          <dd>{lastEvaluation?.emaTop1 == null ? '–' : formatShare(lastEvaluation.emaTop1)}</dd>
        </div>
      </dl>
      <div class="button-row">
        {run.resumable && !isCurrent && run.status !== 'finished' && run.status !== 'stopped' && (
          <button
            type="button"
            class="button"
            disabled={app.active.value || app.device.value?.ok !== true}
            onClick={() => {
              location.hash = '#/train';
              void app.resumeRun(run);
            }}
          >
            Resume
          </button>
        )}
        <button type="button" class="button" disabled={saving} onClick={() => void save('raw')}>
          Save raw
        </button>
        {run.recipe.modelEma && (
          <button type="button" class="button" disabled={saving} onClick={() => void save('ema')}>
            Save EMA
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={app.active.value}
          onClick={() => {
            location.hash = '#/train';
            app.recipe.set('model', run.recipe.model);
            void app.weights.useRun(run.id, run.recipe.modelEma ? 'ema' : 'raw', title);
          }}
        >
          Start from it
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={compared === run.id}
          aria-label={canCompare ? `Compare with ${title}` : `Compare ${title} with another run`}
          onClick={() => {
            if (canCompare) location.hash = compareAddress(compared, run.id);
            else onCompare(compared === run.id ? null : run.id);
          }}
        >
          {canCompare ? 'Compare with this' : compared === run.id ? 'Choose another …' : 'Compare'}
        </button>
        <a
          class="button"
          href={`#/augment?${formatAddress({ ...defaultAddress, tab: 'batch', runId: run.id, step: Math.max(1, run.step) })}`}
        >
          Look at a batch
        </a>
        <ConfirmButton
          label="Delete"
          accessibleLabel={`Delete ${title}`}
          question="Delete its weights and curves?"
          confirmLabel="Delete"
          disabled={isCurrent}
          onConfirm={() => void app.deleteRun(run.id)}
        />
      </div>
    </li>
  );
}

/** A run that says it is training, in the store, was broken off. */
function storedStatus(run: RunSummary): string {
  return run.status === 'finished' || run.status === 'stopped' || run.status === 'failed'
    ? statusWord(run.status)
    : 'unfinished';
}

function StoredCurves({ app, run }: { app: AppState; run: RunSummary }) {
  const curves = useSignal<Curves>({ log: new MetricLog() });
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    loadRun(app.backend.trainer, run).then(
      (loaded) => {
        curves.value = { log: loaded.log };
      },
      (reason: unknown) => setError(messageOf(reason)),
    );
  }, []);
  if (error !== null) return <Message kind="bad">{error}</Message>;
  return <CurvesPanel curves={curves} classCount={run.classes.length} title={run.datasetName} />;
}
