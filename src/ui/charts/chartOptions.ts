/** uPlot's options for one of our charts. */
import type uPlot from 'uplot';
import { formatClock, formatCount } from '../state/format.ts';
import type { HorizontalAxis } from '../state/metricLog.ts';
import type { ChartKind, ChartSeries } from './chartSeries.ts';
import { readChartColours, type ChartColours } from './colours.ts';

const axisFont = '11px system-ui, sans-serif';

interface ChartSettings {
  axis: HorizontalAxis;
  syncKey: string;
  chance: number | null;
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
      y: { range: (_, low, high) => verticalRange(kind, low, high, settings.chance) },
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
    series: [{}, ...kind.series.map((series) => seriesOptions(series, colours))],
    hooks: {
      setCursor: [settings.showValues],
      setData: [settings.showValues],
      ready: [settings.showValues],
      ...(settings.chance === null ? {} : { draw: [drawChance(settings.chance, colours)] }),
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
    ...(series.dash === undefined ? {} : { dash: series.dash }),
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

/** Before there is anything to show the axis is drawn all the same, so that nothing moves later. */
function horizontalRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function verticalRange(
  kind: ChartKind,
  low: number | null,
  high: number | null,
  chance: number | null,
): [number, number] {
  if (low === null || high === null) return [0, kind.id === 'learningRate' ? 0.1 : 1];
  switch (kind.id) {
    case 'top1':
      return [0, Math.min(1, Math.max(high * 1.1, (chance ?? 0) * 2, 0.1))];
    case 'learningRate':
      return [0, high * 1.1 || 1];
    case 'loss': {
      const margin = Math.max((high - low) * 0.06, 0.02);
      return [Math.max(0, low - margin), high + margin];
    }
  }
}

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
