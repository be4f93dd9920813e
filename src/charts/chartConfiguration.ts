/** Chart.js's configuration for one of our charts. */
import type { ChartConfiguration, ChartDataset, Plugin, Point } from 'chart.js';
import { formatClock, formatCount } from '../format.ts';
import type { ChartLook } from './chartApi.ts';
import type { ChartKind, ChartSeries } from './chartSeries.ts';
import type { HorizontalAxis } from './chartTable.ts';

const font = { family: 'system-ui, sans-serif', size: 11 };
const leftPx = 50;
const bottomPx = 26;

export function chartConfiguration(kind: ChartKind, look: ChartLook): ChartConfiguration<'line', Point[]> {
  const { colours } = look;
  const ticks = { color: colours.muted, font, includeBounds: false, maxRotation: 0 };
  return {
    type: 'line',
    // The last series lies on top: the lowest order is drawn last.
    data: { datasets: kind.series.map((series, i) => ({ ...datasetOf(series, look), order: -i })) },
    options: {
      responsive: false,
      devicePixelRatio: look.pixelRatio,
      animation: false,
      parsing: false,
      normalized: true,
      events: [],
      layout: { padding: { top: 8, right: 12, bottom: 0, left: 0 }, autoPadding: false },
      scales: {
        x: {
          type: 'linear',
          border: { display: false },
          grid: { drawOnChartArea: false, tickColor: colours.line, tickLength: 4 },
          ticks: {
            ...ticks,
            maxTicksLimit: Math.max(2, Math.floor(look.widthPx / 70)),
            callback: (tick) => formatTick(Number(tick), look.axis),
          },
          // Fixed, so that nothing moves as the numbers grow.
          afterFit: (scale) => {
            scale.height = bottomPx;
          },
        },
        y: {
          type: 'linear',
          border: { display: false },
          grid: { color: colours.line, drawTicks: false },
          ticks: {
            ...ticks,
            padding: 6,
            maxTicksLimit: Math.max(4, Math.floor(kind.heightPx / 32)),
            callback: (tick) => formatVerticalTick(kind, Number(tick)),
          },
          afterFit: (scale) => {
            scale.width = leftPx;
          },
        },
      },
    },
    plugins: [...(look.chance === null ? [] : [chanceLine(look.chance, look)]), offScaleNote(kind, look)],
  };
}

function datasetOf(series: ChartSeries, { colours, hidden }: ChartLook): ChartDataset<'line', Point[]> {
  const stroke = colours[series.colour];
  return {
    data: [],
    // A mark at the first or last step is whole.
    clip: { left: 5, right: 5, top: 1, bottom: 1 },
    label: series.label,
    hidden: hidden.includes(series.column),
    showLine: series.widthPx > 0,
    borderColor: stroke,
    borderWidth: series.widthPx,
    // A value holds back to the one before it: a step's learning rate is the one it was made with.
    stepped: series.isStepped === true ? 'after' : false,
    pointRadius: pointRadius(series, 0),
    pointStyle: series.mark === 'square' ? 'rect' : 'circle',
    pointBorderColor: stroke,
    pointBackgroundColor: series.mark === 'ring' ? colours.paper : stroke,
    pointBorderWidth: series.mark === 'ring' ? 1.5 : 1,
  };
}

/** Curves of many values have no marks; their first value alone would be nothing without one. */
export function pointRadius({ mark }: ChartSeries, pointCount: number): number {
  if (mark === 'none') return pointCount === 1 ? 1.5 : 0;
  // A square's half diagonal against a circle's radius.
  return mark === 'square' ? 3.75 : 2.75;
}

/** The values of a column that are there. */
export function pointsOf(x: readonly number[], column: readonly (number | null)[]): Point[] {
  const points: Point[] = [];
  column.forEach((value, i) => {
    if (value !== null) points.push({ x: x[i] ?? NaN, y: value });
  });
  return points;
}

/** A dashed line at the share that guessing reaches, with its name. */
function chanceLine(chance: number, { colours }: ChartLook): Plugin<'line'> {
  return {
    id: 'chance',
    afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const y = Math.round(scales['y']?.getPixelForValue(chance) ?? NaN) + 0.5;
      ctx.save();
      ctx.strokeStyle = colours.muted;
      ctx.fillStyle = colours.muted;
      ctx.lineWidth = 1;
      ctx.setLineDash([3, 4]);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, y);
      ctx.lineTo(chartArea.right, y);
      ctx.stroke();
      ctx.font = `${font.size}px ${font.family}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'bottom';
      ctx.fillText(`chance ${(chance * 100).toFixed(1)} %`, chartArea.right - 4, y - 2);
      ctx.restore();
    },
  };
}

/** Says how far curves go that the scale leaves out (see `verticalRange`). */
function offScaleNote(kind: ChartKind, { colours }: ChartLook): Plugin<'line'> {
  return {
    id: 'offScale',
    afterDatasetsDraw: (chart) => {
      const { ctx, chartArea, scales } = chart;
      const top = scales['y']?.max ?? Infinity;
      let highest = -Infinity;
      chart.data.datasets.forEach(({ data }, i) => {
        // Parsing is off: the data are the points that pointsOf made.
        for (const { y } of chart.isDatasetVisible(i) ? (data as { y: number }[]) : []) {
          highest = Math.max(highest, y);
        }
      });
      if (highest <= top) return;
      ctx.save();
      ctx.fillStyle = colours.muted;
      ctx.font = `${font.size}px ${font.family}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'top';
      ctx.fillText(`off the scale: up to ${kind.format(highest)}`, chartArea.right - 4, chartArea.top + 2);
      ctx.restore();
    },
  };
}

function formatTick(tick: number, axis: HorizontalAxis): string {
  switch (axis) {
    case 'time':
      return formatClock(tick);
    case 'epoch':
      return String(Number(tick.toPrecision(6)));
    case 'step':
      return Number.isInteger(tick) ? formatCount(tick) : '';
  }
}

function formatVerticalTick(kind: ChartKind, tick: number): string {
  if (kind.id === 'top1') return `${Math.round(tick * 100)} %`;
  return String(Number(tick.toPrecision(6)));
}
