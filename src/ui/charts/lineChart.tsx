/**
 * One chart: a canvas that the charts' thread draws, and above it a legend with the values at the pointer (or the
 * latest). Legend entries are buttons that hide and show their series. The pointer is shared by a panel's charts
 * and follows the mouse, a finger, or the arrow keys.
 */
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartKind } from '../../charts/chartSeries.ts';
import type { ChartTable, ColumnName, HorizontalAxis } from '../../charts/chartTable.ts';
import { formatClock, formatCount } from '../../format.ts';
import { measured } from '../state/performance.ts';
import { colourVersion } from '../state/theme.ts';
import type { ChartClient } from './chartClient.ts';
import { readChartColours } from './colours.ts';
import { nearestValue } from './nearestValue.ts';
import { nearestRow, pixelOf, valueAt } from './pointer.ts';

interface LineChartProps {
  kind: ChartKind;
  table: ReadonlySignal<ChartTable>;
  axis: HorizontalAxis;
  /** The x that the legends tell of; null for the latest. */
  pointer: Signal<number | null>;
  /** The share a guess reaches, drawn as a line; null for none. */
  chance: number | null;
  /** What the curve shows, in words, for those who do not see it. */
  summary: string;
  /** Null until the charts' thread is started. */
  client: ChartClient | null;
}

export function LineChart({ kind, table, axis, pointer, chance, summary, client }: LineChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const values = useRef<(HTMLElement | null)[]>([]);
  const [hidden, setHidden] = useState<ReadonlySet<ColumnName>>(new Set());
  const colours = colourVersion.value;

  useEffect(() => {
    if (canvas.current !== null) client?.attach(kind.id, canvas.current);
  }, [client, kind]);

  useEffect(() => {
    const element = canvas.current;
    if (client === null || element === null) return;
    const look = () => ({
      widthPx: Math.max(100, element.clientWidth),
      pixelRatio: devicePixelRatio,
      axis,
      chance,
      hidden: [...hidden],
      colours: readChartColours(),
    });
    // Called once at its start, and with every change of size.
    const resize = new ResizeObserver(() => client.setLook(kind.id, look()));
    resize.observe(element);
    return () => resize.disconnect();
  }, [client, kind, axis, chance, hidden, colours]);

  useEffect(() => {
    const showValues = () => {
      const row = pointer.value === null ? null : nearestRow(table.value.x, pointer.value);
      kind.series.forEach(({ column }, i) => {
        const target = values.current[i];
        if (target == null) return;
        const value = nearestValue(table.value[column], row);
        const text = value === null ? '–' : kind.format(value);
        if (target.textContent !== text) target.textContent = text;
      });
    };
    const showLine = () => {
      const area = client?.areas.value[kind.id];
      const x = pointer.value;
      if (line.current === null) return;
      line.current.hidden = x === null || area === undefined;
      if (x !== null && area !== undefined) line.current.style.left = `${pixelOf(x, area).toFixed(1)}px`;
    };
    const stops = [
      table.subscribe(showValues),
      pointer.subscribe(showValues),
      pointer.subscribe(showLine),
      ...(client === null ? [] : [client.areas.subscribe(showLine)]),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [kind, table, pointer, client]);

  const pointAt = (event: PointerEvent) =>
    measured('tabtrain:events', () => {
      const area = client?.areas.peek()[kind.id];
      const { x } = table.peek();
      if (area === undefined) return;
      const row = nearestRow(x, valueAt(event.offsetX, area));
      pointer.value = row === null ? null : (x[row] ?? null);
    });

  /** Arrow keys move by a pixel's worth of rows, so that a long run is crossed as fast as a short one. */
  const onKey = (event: KeyboardEvent) => {
    const { x } = table.peek();
    const last = x.length - 1;
    const row = pointer.peek() === null ? last : (nearestRow(x, pointer.peek() ?? 0) ?? last);
    const stride = Math.max(1, Math.round(x.length / 200));
    const next = {
      ArrowLeft: row - stride,
      ArrowDown: row - stride,
      ArrowRight: row + stride,
      ArrowUp: row + stride,
      PageDown: row - 10 * stride,
      PageUp: row + 10 * stride,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === 'Escape') pointer.value = null;
    if (next === undefined || last < 0) return;
    event.preventDefault();
    pointer.value = x[Math.min(last, Math.max(0, next))] ?? null;
  };

  const toggle = (column: ColumnName) => {
    const changed = new Set(hidden);
    if (!changed.delete(column)) changed.add(column);
    setHidden(changed);
  };

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
              onClick={() => toggle(series.column)}
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
      <div
        class="chart-canvas"
        style={{ height: `${kind.heightPx}px` }}
        tabIndex={0}
        role="slider"
        aria-label={`${kind.title} at a ${axis === 'time' ? 'time' : axis}`}
        aria-valuenow={pointer.value ?? 0}
        aria-valuetext={valueText(kind, table.peek(), axis, pointer.value)}
        onPointerMove={pointAt}
        onPointerDown={pointAt}
        onPointerLeave={() => {
          pointer.value = null;
        }}
        onKeyDown={onKey}
        onBlur={() => {
          pointer.value = null;
        }}
      >
        <canvas ref={canvas} />
        <div ref={line} class="chart-pointer" hidden />
      </div>
    </figure>
  );
}

/** "step 120: train step 2.310, val. raw 2.005": the values that the legend shows, for a screen reader. */
function valueText(kind: ChartKind, table: ChartTable, axis: HorizontalAxis, x: number | null): string {
  if (x === null) return 'latest values';
  const row = nearestRow(table.x, x);
  const shown = kind.series.flatMap(({ column, label }) => {
    const value = nearestValue(table[column], row);
    return value === null ? [] : [`${label} ${kind.format(value)}`];
  });
  const place = { time: formatClock(x), step: `step ${formatCount(x)}`, epoch: `epoch ${x.toFixed(2)}` }[
    axis
  ];
  return `${place}: ${shown.join(', ')}`;
}
