/** 4 Run: what it will take, the buttons, and what went wrong. */
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import { ProgressBar } from '../parts/progressBar.tsx';
import type { AppState } from '../state/appState.ts';
import { formatBytes, formatCount, formatDuration } from '../../format.ts';
import { isMoving } from '../state/runReducer.ts';
import { RunButtons } from './runButtons.tsx';

export function RunPanel({ app }: { app: AppState }) {
  const view = app.run.view.value;
  const error = app.run.commandError.value;
  return (
    <Panel id="run" number={4} title="Run" class="run-panel" summary={<EstimateSummary app={app} />}>
      {!app.active.value && <EstimateDetails app={app} />}
      {view.progress !== null && <ProgressBar {...view.progress} />}
      {view.message !== '' && view.status !== 'failed' && (
        <p class="note" data-testid="run-message">
          {view.message}
        </p>
      )}
      {view.status === 'failed' && <Message kind="bad">{view.message}</Message>}
      {view.problems.map((problem) => (
        <Message
          key={problem.message}
          kind={problem.kind === 'data' ? 'warn' : 'bad'}
          onDismiss={() =>
            (app.run.view.value = {
              ...app.run.view.value,
              problems: app.run.view.value.problems.filter((other) => other !== problem),
            })
          }
        >
          {problem.message}
        </Message>
      ))}
      {error !== null && (
        <Message kind="bad" onDismiss={() => (app.run.commandError.value = null)}>
          {error}
        </Message>
      )}
      <RunButtons app={app} />
      {view.checkpoint !== null && (
        <p class="note figures" data-testid="checkpoint">
          Stored in this browser up to step {formatCount(view.checkpoint.step)} (
          {formatBytes(view.checkpoint.bytes)}).
        </p>
      )}
      {isMoving(view.status) && (
        <p class="note">Training goes on in a hidden tab. Closing this one asks first.</p>
      )}
    </Panel>
  );
}

function EstimateSummary({ app }: { app: AppState }) {
  const estimate = app.estimate.value;
  if (app.active.value || !app.recipe.isValid.value) return null;
  if (estimate === null || estimate.refusal !== null) return null;
  return (
    <span class="figures" data-testid="estimate">
      about {formatDuration(estimate.totalSeconds)}, {formatBytes(estimate.gpuBytes)}
    </span>
  );
}

function EstimateDetails({ app }: { app: AppState }) {
  const estimate = app.estimate.value;
  if (app.estimateError.value !== null) return <Message kind="bad">{app.estimateError.value}</Message>;
  if (estimate === null || !app.recipe.isValid.value) return null;
  return (
    <div class="estimate" aria-label="Estimate" role="group">
      {estimate.refusal === null ? (
        <p class="note figures">
          {formatCount(estimate.totalSteps)} steps ({formatCount(estimate.stepsPerEpoch)} an epoch),{' '}
          {estimate.basis}.
        </p>
      ) : (
        <Message kind="bad" id="refusal">
          {estimate.refusal}
        </Message>
      )}
      {estimate.warnings.length > 0 && (
        <Message kind="note">
          <ul>
            {estimate.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Message>
      )}
    </div>
  );
}
