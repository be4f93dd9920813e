/** What the page and the thread that draws its charts say to each other. */
import type { ChartId } from './chartSeries.ts';
import type { ChartTable, ColumnName, HorizontalAxis } from './chartTable.ts';

/** CSS colours; the drawing thread has no styles to read them from. */
export interface ChartColours {
  ink: string;
  muted: string;
  faint: string;
  line: string;
  accent: string;
  paper: string;
}

export interface ChartLook {
  /** CSS pixels; the height is the chart's own. */
  widthPx: number;
  /** Device pixels to one CSS pixel. */
  pixelRatio: number;
  axis: HorizontalAxis;
  /** The share a guess reaches, drawn as a line; null for none. */
  chance: number | null;
  /** Series that the person has hidden. */
  hidden: readonly ColumnName[];
  colours: ChartColours;
}

/** Where x lies on a drawn chart: `low` at `leftPx` (CSS pixels), `high` at `leftPx + widthPx`. */
export interface DrawnArea {
  leftPx: number;
  widthPx: number;
  low: number;
  high: number;
}

export interface ChartDrawerApi {
  /** Gives a chart its canvas. It is drawn with its first look. */
  attach: (chart: ChartId, canvas: OffscreenCanvas) => void;
  /** Draws one chart again in a new look. */
  setLook: (chart: ChartId, look: ChartLook) => DrawnArea;
  /** Draws all charts with the columns of `table`; resolves with the areas of those that have a look. */
  show: (table: ChartTable) => Promise<Partial<Record<ChartId, DrawnArea>>>;
}
