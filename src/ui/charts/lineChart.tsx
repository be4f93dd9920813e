/**
 * One chart on uPlot: drawn when its turn comes (drawQueue.ts), with the values at the pointer (or the latest)
 * in its legend. Legend entries are buttons that hide and show their series.
 */
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { ChartTable, HorizontalAxis } from '../state/metricLog.ts';
import { measured } from '../state/performance.ts';
import { colourVersion } from '../state/theme.ts';
import type { ChartKind, ColumnName } from './chartSeries.ts';
import { chartOptions } from './chartOptions.ts';
import { cancelDraw, requestDraw } from './drawQueue.ts';
import { nearestValue } from './nearestValue.ts';

interface LineChartProps {
  kind: ChartKind;
  table: ReadonlySignal<ChartTable>;
  axis: HorizontalAxis;
  /** Charts with the same key share the pointer. */
  syncKey: string;
  /** The share a guess reaches, drawn as a line; null for none. */
  chance: number | null;
  /** What the curve shows, in words, for those who do not see it. */
  summary: string;
}

export function LineChart({ kind, table, axis, syncKey, chance, summary }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef<ChartTable | null>(null);
  const values = useRef<(HTMLElement | null)[]>([]);
  const [hidden, setHidden] = useState<ReadonlySet<ColumnName>>(new Set());
  const colours = colourVersion.value;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const showValues = (u: uPlot) => {
      kind.series.forEach((_, i) => {
        const target = values.current[i];
        if (target == null) return;
        const value = nearestValue(u.data[i + 1] ?? [], u.cursor.idx ?? null);
        const text = value === null ? '–' : kind.format(value);
        if (target.textContent !== text) target.textContent = text;
      });
    };
    drawn.current = table.peek();
    const chart = new uPlot(
      chartOptions(kind, { axis, syncKey, chance, hidden, widthPx: element.clientWidth, showValues }),
      columnsOf(kind, drawn.current),
      element,
    );
    plot.current = chart;
    const resize = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: kind.heightPx });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [kind, axis, syncKey, chance, colours]);

  useEffect(() => {
    const draw = () => {
      const latest = table.peek();
      const chart = plot.current;
      if (chart === null || latest === drawn.current) return;
      drawn.current = latest;
      // A batch draws at once instead of in a later microtask, so that the measurement includes it.
      measured('tabtrain:charts', () => chart.batch(() => chart.setData(columnsOf(kind, latest))));
    };
    const stop = table.subscribe(() => requestDraw(draw));
    return () => {
      stop();
      cancelDraw(draw);
    };
  }, [kind, table]);

  return (
    <figure class="chart" data-chart={kind.id} aria-label={`${kind.title}. ${summary}`}>
      <figcaption>
        <span class="chart-title">{kind.title}</span>
        <span class="chart-legend">
          {kind.series.map((series, i) => (
            <button
              key={series.column}
              type="button"
              class="legend-entry"
              data-colour={series.colour}
              data-mark={series.mark}
              aria-pressed={!hidden.has(series.column)}
              title={`Hide or show ${series.label}`}
              onClick={() => {
                const show = hidden.has(series.column);
                plot.current?.setSeries(i + 1, { show });
                setHidden(
                  new Set([...hidden, series.column].filter((name) => !show || name !== series.column)),
                );
              }}
            >
              <span class="legend-mark" aria-hidden="true" />
              {series.label}{' '}
              <span
                class="figures legend-value"
                ref={(element) => {
                  values.current[i] = element;
                }}
              >
                –
              </span>
            </button>
          ))}
        </span>
      </figcaption>
      <div class="chart-canvas" ref={place} aria-hidden="true" style={{ height: `${kind.heightPx}px` }} />
    </figure>
  );
}

function columnsOf(kind: ChartKind, table: ChartTable): uPlot.AlignedData {
  return [table.x, ...kind.series.map(({ column }) => table[column])];
}
