/** Colours for canvases, read from the same custom properties as the rest of the page. */
import type { ChartColours } from '../../charts/chartApi.ts';

export function readChartColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read('--ink'),
    muted: read('--chart-train'),
    faint: read('--chart-faint'),
    line: read('--line'),
    accent: read('--accent'),
    paper: read('--panel'),
  };
}
