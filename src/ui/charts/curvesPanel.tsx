/** The three curves of a run, what their x is, how much they are smoothed, and the same as a table. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import { Panel } from '../parts/panel.tsx';
import type { HorizontalAxis, MetricLog } from '../state/metricLog.ts';
import { learningRateChart, lossChart, top1Chart } from './chartSeries.ts';
import { CurvesTable } from './curvesTable.tsx';
import { LineChart } from './lineChart.tsx';
import { curvesSummary } from './summary.ts';

interface CurvesPanelProps {
  log: ReadonlySignal<MetricLog>;
  /** Rises when the log has new points. */
  version: ReadonlySignal<number>;
  classCount: number | null;
  /** Data set of the shown run; null while there is none. */
  title: string | null;
}

const axes: readonly HorizontalAxis[] = ['step', 'epoch', 'time'];

export function CurvesPanel({ log, version, classCount, title }: CurvesPanelProps) {
  const [axis, setAxis] = useState<HorizontalAxis>('step');
  const [showTable, setShowTable] = useState(false);
  const [smoothing, setSmoothing] = useState(log.value.smoothing);
  const id = useId();
  const drawn = useFrameSignal(version);
  const table = useMemo(
    () =>
      computed(() => {
        void drawn.value;
        return log.value.table(axis);
      }),
    [log, drawn, axis, smoothing],
  );
  // Reading the evaluations' count keeps text off the path of single steps.
  const evaluationCount = useMemo(
    () =>
      computed(() => {
        void version.value;
        return log.value.evaluations.length;
      }),
    [log, version],
  );
  const isEmpty = useMemo(
    () =>
      computed(() => {
        void version.value;
        return log.value.stepCount === 0 && log.value.evaluations.length === 0;
      }),
    [log, version],
  );
  void evaluationCount.value;
  const chance = classCount === null || classCount < 2 ? null : 1 / classCount;
  const shared = { table, axis, syncKey: id };
  return (
    <Panel
      id="curves"
      title="Curves"
      class="curves"
      summary={
        <span class="curve-tools">
          {title !== null && <span class="curve-subject">{title}</span>}
          <label class="smoothing">
            Smoothing
            <input
              type="range"
              min={0}
              max={0.99}
              step={0.01}
              value={smoothing}
              onInput={(event) => {
                const factor = Number(event.currentTarget.value);
                log.value.setSmoothing(factor);
                setSmoothing(factor);
              }}
            />
            <span class="figures">{smoothing.toFixed(2)}</span>
          </label>
          <span class="segmented small" role="group" aria-label="Horizontal axis">
            {axes.map((name) => (
              <button key={name} type="button" aria-pressed={axis === name} onClick={() => setAxis(name)}>
                {name}
              </button>
            ))}
          </span>
          <button
            type="button"
            class="button quiet small"
            aria-pressed={showTable}
            onClick={() => setShowTable(!showTable)}
          >
            Table
          </button>
        </span>
      }
    >
      <div class="charts" data-empty={isEmpty.value}>
        <LineChart kind={lossChart} chance={null} summary={curvesSummary(log.value, 'loss')} {...shared} />
        <LineChart kind={top1Chart} chance={chance} summary={curvesSummary(log.value, 'top1')} {...shared} />
        <LineChart
          kind={learningRateChart}
          chance={null}
          summary={curvesSummary(log.value, 'learningRate')}
          {...shared}
        />
        {isEmpty.value && <p class="charts-empty">The curves begin with the first step.</p>}
      </div>
      {showTable && <CurvesTable evaluations={log.value.evaluations} />}
    </Panel>
  );
}

/** A signal's value as of the latest animation frame: nothing is drawn in a hidden tab, or twice a frame. */
function useFrameSignal(source: ReadonlySignal<number>): ReadonlySignal<number> {
  const drawn = useMemo(() => signal(source.peek()), [source]);
  useEffect(() => {
    let frame = 0;
    const stop = effect(() => {
      const value = source.value;
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        drawn.value = value;
      });
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [source, drawn]);
  return drawn;
}
