/** After a reload or a failure: offers to go on with the run that broke off, from its last checkpoint. */
import { ConfirmButton } from '../parts/confirmButton.tsx';
import type { AppState } from '../state/appState.ts';
import { formatAgo, modelTitle } from '../../format.ts';

export function UnfinishedBanner({ app }: { app: AppState }) {
  const run = app.runs.unfinished.value;
  const { status } = app.run.view.value;
  if (run === null || (status !== 'idle' && status !== 'failed')) return null;
  const stepsPerEpoch = Math.max(1, run.totalSteps / run.recipe.epochs);
  const epoch = Math.min(run.recipe.epochs, Math.floor(run.step / stepsPerEpoch) + 1);
  return (
    <section class="banner" aria-label="Unfinished run">
      <p>
        <strong>
          {modelTitle(run.recipe.model)} on {run.datasetName}
        </strong>
        , epoch {epoch} of {run.recipe.epochs}, stopped {formatAgo(run.updatedAtMs, Date.now())}.
      </p>
      <div class="button-row">
        <button
          type="button"
          class="button primary"
          disabled={app.device.value?.ok !== true || app.run.pendingCommand.value !== null}
          onClick={() => void app.resumeRun(run)}
        >
          Resume
        </button>
        <ConfirmButton
          label="Discard"
          question="Delete its weights and curves?"
          confirmLabel="Discard"
          onConfirm={() => void app.deleteRun(run.id)}
        />
      </div>
    </section>
  );
}
