/** Where the pointer is on a chart, in the chart's own numbers. */
import type { DrawnArea } from '../../charts/chartApi.ts';

/** Index of the row whose x is nearest to `x`; null without rows. `rows` ascend. */
export function nearestRow(rows: readonly number[], x: number): number | null {
  if (rows.length === 0) return null;
  let low = 0;
  let high = rows.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? NaN) <= x) low = middle;
    else high = middle;
  }
  return Math.abs((rows[low] ?? NaN) - x) <= Math.abs((rows[high] ?? NaN) - x) ? low : high;
}

/** CSS pixels from the chart's left edge → x, held within the drawn range. */
export function valueAt(px: number, area: DrawnArea): number {
  const share = Math.min(1, Math.max(0, (px - area.leftPx) / area.widthPx));
  return area.low + share * (area.high - area.low);
}

/** x → CSS pixels from the chart's left edge. */
export function pixelOf(x: number, area: DrawnArea): number {
  const share = (x - area.low) / (area.high - area.low || 1);
  return area.leftPx + Math.min(1, Math.max(0, share)) * area.widthPx;
}
