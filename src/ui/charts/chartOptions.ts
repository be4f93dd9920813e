/** uPlot's options for one of our charts. */
import uPlot from 'uplot';
import { formatClock, formatCount } from '../state/format.ts';
import type { HorizontalAxis } from '../state/metricLog.ts';
import type { ChartKind, ChartSeries, ColumnName } from './chartSeries.ts';
import { readChartColours, type ChartColours } from './colours.ts';
import { horizontalRange, largest, verticalRange } from './ranges.ts';

const axisFont = '11px system-ui, sans-serif';

interface ChartSettings {
  axis: HorizontalAxis;
  syncKey: string;
  chance: number | null;
  /** Series that the person has hidden. */
  hidden: ReadonlySet<ColumnName>;
  widthPx: number;
  /** Called when the pointer moves and when data come. */
  showValues: (plot: uPlot) => void;
}

export function chartOptions(kind: ChartKind, settings: ChartSettings): uPlot.Options {
  const colours = readChartColours();
  return {
    width: Math.max(100, settings.widthPx),
    height: kind.heightPx,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: settings.syncKey },
      points: { show: false },
      drag: { x: false, y: false },
      y: false,
    },
    scales: {
      x: { time: false, range: (_, low, high) => horizontalRange(low, high) },
      y: {
        range: (u, low, high) =>
          verticalRange(kind.id, low, high, { chance: settings.chance, trainHigh: largest(u.data[1] ?? []) }),
      },
    },
    axes: [
      {
        stroke: colours.muted,
        font: axisFont,
        size: 26,
        gap: 3,
        grid: { show: false },
        ticks: { stroke: colours.line, size: 4 },
        values: (_, ticks) => ticks.map((tick) => formatTick(tick, settings.axis)),
      },
      {
        stroke: colours.muted,
        font: axisFont,
        size: 46,
        gap: 4,
        grid: { stroke: colours.line, width: 1 },
        ticks: { show: false },
        values: (_, ticks) => ticks.map((tick) => formatVerticalTick(kind, tick)),
        space: 28,
      },
    ],
    series: [
      {},
      ...kind.series.map((series) => ({
        ...seriesOptions(series, colours),
        show: !settings.hidden.has(series.column),
      })),
    ],
    hooks: {
      setCursor: [settings.showValues],
      setData: [settings.showValues],
      ready: [settings.showValues],
      draw: [
        ...(settings.chance === null ? [] : [drawChance(settings.chance, colours)]),
        drawOffScale(kind, colours),
      ],
    },
  };
}

function seriesOptions(series: ChartSeries, colours: ChartColours): uPlot.Series {
  const stroke = colours[series.colour];
  return {
    label: series.label,
    stroke,
    width: series.widthPx,
    spanGaps: true,
    ...(series.isStepped === true ? { paths: steppedLine } : {}),
    points:
      series.mark === 'none'
        ? { show: false }
        : {
            show: true,
            size: 6,
            stroke,
            fill: series.mark === 'ring' ? colours.paper : stroke,
            ...(series.mark === 'square' ? { paths: squarePoints } : {}),
          },
  };
}

/** A value holds back to the one before it: a step's learning rate is the one it was made with. */
const steppedLine = uPlot.paths.stepped?.({ align: -1 });

/** Squares where a series has values; uPlot's own points are circles. */
const squarePoints: uPlot.Series.Points.PathBuilder = (u, seriesIndex) => {
  const path = new Path2D();
  const column = u.data[seriesIndex] ?? [];
  const side = 6 * devicePixelRatio;
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i];
    if (value == null) continue;
    const x = u.valToPos(u.data[0][i] ?? 0, 'x', true);
    const y = u.valToPos(value, 'y', true);
    path.rect(x - side / 2, y - side / 2, side, side);
  }
  return { fill: path, stroke: path };
};

/** A dashed line at the share that guessing reaches, with its name. */
function drawChance(chance: number, colours: ChartColours) {
  return (u: uPlot) => {
    const { ctx } = u;
    const y = Math.round(u.valToPos(chance, 'y', true)) + 0.5;
    const { left, width } = u.bbox;
    ctx.save();
    ctx.strokeStyle = colours.muted;
    ctx.fillStyle = colours.muted;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'bottom';
    ctx.fillText(`chance ${(chance * 100).toFixed(1)} %`, left + width - 4, y - 2 * devicePixelRatio);
    ctx.restore();
  };
}

/** Says how far curves go that the scale leaves out (see `verticalRange`). */
function drawOffScale(kind: ChartKind, colours: ChartColours) {
  return (u: uPlot) => {
    const top = u.scales['y']?.max ?? Infinity;
    const highest = Math.max(...u.data.slice(1).map((column) => largest(column) ?? -Infinity));
    if (highest <= top) return;
    const { ctx } = u;
    ctx.save();
    ctx.fillStyle = colours.muted;
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'top';
    ctx.fillText(
      `off the scale: up to ${kind.format(highest)}`,
      u.bbox.left + u.bbox.width - 4,
      u.bbox.top + 2 * devicePixelRatio,
    );
    ctx.restore();
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
