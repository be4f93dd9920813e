/** The kernels of the next run: which variants, how fast, whether they are right; test and tune them. */
import { useEffect } from 'preact/hooks';
import { counted, formatAgo } from '../../format.ts';
import type { ConvolutionPass, KernelsReport } from '../../protocol.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { isMoving } from '../state/runReducer.ts';
import { TaskStatus } from './taskStatus.tsx';

const passNames: Record<ConvolutionPass, string> = {
  forward: 'forward',
  inputGradient: 'gradient of the input',
  filterGradient: 'gradient of the filter',
};

export function KernelsPanel({ app }: { app: AppState }) {
  const { deviceTasks: tasks } = app;
  const kernels = tasks.kernels.value;
  const trains = isMoving(app.run.view.value.status);
  const isTaken = trains || tasks.running.value !== null;
  const hasDevice = app.device.value?.ok === true;
  // A run may have found a kernel wrong, or another device, since the page was opened.
  useEffect(() => {
    if (hasDevice && tasks.running.peek() === null) void tasks.load();
  }, [hasDevice, tasks]);
  return (
    <Panel
      id="kernels"
      title="Kernels"
      summary={
        kernels === null
          ? undefined
          : kernels.tunedAtMs === null
            ? 'defaults for this kind of device'
            : `tuned here ${formatAgo(kernels.tunedAtMs, Date.now())}`
      }
    >
      {kernels === null ? (
        <p class="note">Known once there is a graphics adapter.</p>
      ) : (
        <>
          <VariantTable kernels={kernels} />
          <SelfTestOutcome selfTest={kernels.selfTest} />
          {kernels.storageProblem !== null && <Message kind="warn">{kernels.storageProblem}</Message>}
          <TaskStatus tasks={tasks} of={['selfTest', 'tune']} />
          <div class="button-row">
            <button type="button" class="button" disabled={isTaken} onClick={() => void tasks.selfTest()}>
              Run the self-test
            </button>
            <button type="button" class="button" disabled={isTaken} onClick={() => void tasks.tune()}>
              Tune for this device
            </button>
          </div>
          <p class="note">
            {trains
              ? 'A run is training: pause it to measure the device.'
              : 'The self-test compares each kernel with the processor’s result and times the ones in use. Tuning times every variant, and later runs take the fastest; a run keeps what it began with. Compiling them all can take a minute or two without a graphics processor.'}
          </p>
        </>
      )}
    </Panel>
  );
}

function VariantTable({ kernels }: { kernels: KernelsReport }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Kernel variants of each pass">
      <table class="data-table figures">
        <thead>
          <tr>
            <th scope="col">Convolution</th>
            <th scope="col">Variant</th>
            <th scope="col">GFLOP/s</th>
          </tr>
        </thead>
        <tbody>
          {kernels.passes.map(({ pass, variant, gflops }) => (
            <tr key={pass} data-testid={`kernel-${pass}`}>
              <th scope="row">{passNames[pass]}</th>
              <td>
                {variant}
                {pass === 'filterGradient' && `, ${counted(kernels.workgroups, 'workgroup')}`}
              </td>
              <td>{gflops === null ? 'not measured' : gflops.toFixed(gflops < 100 ? 1 : 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SelfTestOutcome({ selfTest }: Pick<KernelsReport, 'selfTest'>) {
  if (selfTest === null) return <p data-testid="self-test">Self-test: not run on this visit.</p>;
  const { checks, message, isUsable } = selfTest;
  const wrong = checks.filter(({ ok }) => !ok).length;
  return (
    <>
      <p data-testid="self-test">
        Self-test:{' '}
        {wrong === 0
          ? `all ${counted(checks.length, 'kernel')} right.`
          : `${counted(wrong, 'kernel')} of ${String(checks.length)} wrong.`}
      </p>
      {message !== null && <Message kind={isUsable ? 'warn' : 'bad'}>{message}</Message>}
      <details class="fold">
        <summary>Each kernel</summary>
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Results of the self-test">
          <table class="data-table figures">
            <thead>
              <tr>
                <th scope="col">Kernel</th>
                <th scope="col">Worst error</th>
                <th scope="col">Result</th>
              </tr>
            </thead>
            <tbody>
              {checks.map(({ kernel, worstError, ok }, i) => (
                <tr key={i}>
                  <th scope="row">{kernel}</th>
                  <td>{worstError === null ? 'did not run' : worstError.toExponential(1)}</td>
                  <td>{ok ? 'right' : 'wrong'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
