/** The three curves of a run, what their x is, how much they are smoothed, and the same as a table. */
import { signal, useComputed, useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { learningRateChart, lossChart, top1Chart } from '../../charts/chartSeries.ts';
import type { ChartTable, HorizontalAxis } from '../../charts/chartTable.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import { measured } from '../state/performance.ts';
import type { Curves } from '../state/runStore.ts';
import { ChartClient } from './chartClient.ts';
import { CurvesTable } from './curvesTable.tsx';
import { LineChart } from './lineChart.tsx';
import { curvesSummary } from './summary.ts';
import { startUpdateLoop } from './updateLoop.ts';

interface CurvesPanelProps {
  curves: ReadonlySignal<Curves>;
  classCount: number | null;
  /** Data set of the shown run; null while there is none. */
  title: string | null;
}

const axes: readonly HorizontalAxis[] = ['step', 'epoch', 'time'];

export function CurvesPanel({ curves, classCount, title }: CurvesPanelProps) {
  const [axis, setAxis] = useState<HorizontalAxis>('step');
  const [showTable, setShowTable] = useState(false);
  const [smoothing, setSmoothing] = useState(curves.peek().log.smoothing);
  const client = useChartClient();
  const table = useTable(curves, axis, smoothing, client);
  const pointer = useSignal<number | null>(null);
  // These change with an evaluation, not with every step: the panel is drawn again only then.
  const evaluations = useComputed(() => curves.value.log.evaluations);
  const isEmpty = useComputed(() => curves.value.log.stepCount === 0 && evaluations.value.length === 0);
  const chance = classCount === null || classCount < 2 ? null : 1 / classCount;
  const shared = { table, axis, pointer, client };
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
                curves.peek().log.setSmoothing(factor);
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
      {client !== null && client.failure.value !== null && (
        <Message kind="bad">{client.failure.value}</Message>
      )}
      <div class="charts" data-empty={isEmpty.value}>
        <LineChart
          kind={lossChart}
          chance={null}
          summary={curvesSummary(evaluations.value, 'loss')}
          {...shared}
        />
        <LineChart
          kind={top1Chart}
          chance={chance}
          summary={curvesSummary(evaluations.value, 'top1')}
          {...shared}
        />
        <LineChart
          kind={learningRateChart}
          chance={null}
          summary={curvesSummary(evaluations.value, 'learningRate')}
          {...shared}
        />
        {isEmpty.value && (
          <p class="charts-empty">
            <span>The curves begin with the first step.</span>
          </p>
        )}
      </div>
      {showTable && <CurvesTable evaluations={evaluations.value} />}
    </Panel>
  );
}

function useChartClient(): ChartClient | null {
  const [client, setClient] = useState<ChartClient | null>(null);
  useEffect(() => {
    const started = new ChartClient();
    setClient(started);
    return () => started.close();
  }, []);
  return client;
}

/** The columns to draw; each new table goes to the charts' thread and into the legends at once. */
function useTable(
  curves: ReadonlySignal<Curves>,
  axis: HorizontalAxis,
  smoothing: number,
  client: ChartClient | null,
): ReadonlySignal<ChartTable> {
  const table = useMemo(() => signal(curves.peek().log.table(axis)), [curves, axis]);
  useEffect(() => {
    const update = async () => {
      const built = measured('tabtrain:charts', () => {
        const rows = curves.peek().log.table(axis);
        return { rows, drawn: client?.show(rows) };
      });
      await built.drawn;
      // In a task of its own, and together with the curves.
      measured('tabtrain:charts', () => {
        table.value = built.rows;
      });
    };
    const loop = startUpdateLoop(update);
    const unsubscribe = curves.subscribe(loop.request);
    return () => {
      unsubscribe();
      loop.stop();
    };
    // The smoothing changes the log in place.
  }, [curves, axis, smoothing, table, client]);
  return table;
}
