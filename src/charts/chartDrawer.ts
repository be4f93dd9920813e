/**
 * The charts of one run on canvases off the page's thread. Drawn on it, an update took 11 to 17 ms at the 99th
 * percentile beside a software GPU that holds every core; sending a table takes 4 (docs/BENCHMARKS.md, "The
 * page's own work while it trains").
 */
import { Chart, LineController, LineElement, LinearScale, PointElement, type Point } from 'chart.js';
import type { ChartDrawerApi, ChartLook, DrawnArea } from './chartApi.ts';
import { chartConfiguration, pointsOf, pointRadius } from './chartConfiguration.ts';
import { chartKinds, type ChartId, type ChartKind } from './chartSeries.ts';
import type { ChartTable } from './chartTable.ts';
import { horizontalRange, largest, lowest, verticalRange } from './ranges.ts';

Chart.register(LineController, LineElement, LinearScale, PointElement);

const pauseMs = 50;

interface Attached {
  kind: ChartKind;
  canvas: OffscreenCanvas;
  drawn: { chart: Chart<'line', Point[]>; look: ChartLook } | null;
}

export class ChartDrawer implements ChartDrawerApi {
  #table: ChartTable | null = null;
  #charts = new Map<ChartId, Attached>();

  attach(id: ChartId, canvas: OffscreenCanvas): void {
    this.#charts.set(id, { kind: chartKinds[id], canvas, drawn: null });
  }

  setLook(id: ChartId, look: ChartLook): DrawnArea {
    const attached = this.#charts.get(id);
    if (attached === undefined) throw new Error(`The chart ${id} has no canvas yet.`);
    const { kind, canvas } = attached;
    attached.drawn?.chart.destroy();
    canvas.width = look.widthPx * look.pixelRatio;
    canvas.height = kind.heightPx * look.pixelRatio;
    // Chart.js draws on an OffscreenCanvas, its types know only the element.
    const chart = new Chart(canvas as unknown as HTMLCanvasElement, chartConfiguration(kind, look));
    chart.resize(look.widthPx, kind.heightPx);
    attached.drawn = { chart, look };
    return drawTable(chart, kind, look, this.#table);
  }

  async show(table: ChartTable): Promise<Partial<Record<ChartId, DrawnArea>>> {
    this.#table = table;
    // A thread that wakes and works at once takes the core from the page, which has just sent this.
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const areas: Partial<Record<ChartId, DrawnArea>> = {};
    for (const [id, { kind, drawn }] of this.#charts) {
      if (drawn !== null) areas[id] = drawTable(drawn.chart, kind, drawn.look, table);
    }
    return areas;
  }
}

function drawTable(
  chart: Chart<'line', Point[]>,
  kind: ChartKind,
  look: ChartLook,
  table: ChartTable | null,
): DrawnArea {
  const x = table?.x ?? [];
  const columns = kind.series.map(({ column }) => table?.[column] ?? []);
  kind.series.forEach((series, i) => {
    const dataset = chart.data.datasets[i];
    if (dataset === undefined) return;
    dataset.data = pointsOf(x, columns[i] ?? []);
    dataset.pointRadius = pointRadius(series, dataset.data.length);
  });
  const shown = columns.filter((_, i) => !look.hidden.includes(kind.series[i]?.column ?? 'stepLoss'));
  const highs = shown.map(largest).filter((value) => value !== null);
  const lows = shown.map(lowest).filter((value) => value !== null);
  const [low, high] = horizontalRange(x[0] ?? null, x.at(-1) ?? null);
  const [bottom, top] = verticalRange(
    kind.id,
    lows.length === 0 ? null : Math.min(...lows),
    highs.length === 0 ? null : Math.max(...highs),
    { chance: look.chance, trainHigh: largest(columns[0] ?? []) },
  );
  chart.options.scales = {
    x: { ...chart.options.scales?.['x'], min: low, max: high },
    y: { ...chart.options.scales?.['y'], min: bottom, max: top },
  };
  chart.update('none');
  return { leftPx: chart.chartArea.left, widthPx: chart.chartArea.width, low, high };
}
