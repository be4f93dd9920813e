/** Chooses what computes a run's steps: the compiled engine, in 32- or 16-bit floats, or plain tfjs. */
import type { RunnerKind } from '../../protocol.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { runnerChoice } from '../state/runnerChoice.ts';

const runners: readonly { kind: RunnerKind; name: string; help: string }[] = [
  {
    kind: 'engine',
    name: 'Tabtrain’s engine',
    help: 'The step is compiled for the model and the batch: several times faster, and in less memory.',
  },
  {
    kind: 'engine-f16',
    name: 'engine, 16-bit',
    help: 'As the engine, with activations in 16-bit floats: about half the memory. Weights, sums and statistics stay in 32 bits; results differ a little.',
  },
  {
    kind: 'tfjs',
    name: 'plain tfjs',
    help: 'TensorFlow.js operations as they are: slow, and what the engine’s results are checked against.',
  },
];

export function RunnerPanel({ app }: { app: AppState }) {
  const device = app.device.value;
  const hasHalf = device?.ok === true && device.features.includes('shader-f16');
  const chosen = runners.find(({ kind }) => kind === runnerChoice.value);
  return (
    <Panel id="runner" title="Computed by">
      <div class="segmented" role="group" aria-label="What computes the steps of the next run">
        {runners.map(({ kind, name }) => (
          <button
            key={kind}
            type="button"
            aria-pressed={runnerChoice.value === kind}
            disabled={kind === 'engine-f16' && !hasHalf}
            onClick={() => (runnerChoice.value = kind)}
          >
            {name}
          </button>
        ))}
      </div>
      <p class="note">
        {chosen?.help} {app.active.value && 'The run that is open keeps what it began with.'}
      </p>
    </Panel>
  );
}
