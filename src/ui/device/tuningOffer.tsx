/** After the first run: offers once to look for faster kernels. */
import type { AppState } from '../state/appState.ts';

export function TuningOffer({ app }: { app: AppState }) {
  const { deviceTasks: tasks } = app;
  const { status } = app.run.view.value;
  const hasTrained = status === 'finished' || status === 'stopped';
  if (!hasTrained || !tasks.offersTuning.value) return null;
  return (
    <section class="banner" aria-label="Tuning">
      <p>
        Tabtrain can time its kernels on this device and take the fastest for later runs. That takes a minute
        or so.
      </p>
      <div class="button-row">
        <a class="button" href="#/device" onClick={() => void tasks.tune()}>
          Tune for this device
        </a>
        <button type="button" class="button quiet" onClick={() => tasks.answerOffer()}>
          Not now
        </button>
      </div>
    </section>
  );
}
