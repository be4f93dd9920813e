/** Which part of its values a chart shows. */
import type { ChartId } from './chartSeries.ts';

/** Before there is anything to show the axis is drawn all the same, so that nothing moves later. */
export function horizontalRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

export interface RangeHints {
  /** The share that guessing reaches; null for none. */
  chance: number | null;
  /** Largest value of the training curve; null while there is none. */
  trainHigh: number | null;
}

/**
 * A validation loss can be a thousand times the training loss for an evaluation or two (batch-norm
 * statistics of few steps, a learning rate too high) and would flatten every other curve: a loss above
 * three times the largest training loss is left out of the scale, and the chart says so.
 */
export function verticalRange(
  chart: ChartId,
  low: number | null,
  high: number | null,
  { chance, trainHigh }: RangeHints,
): [number, number] {
  if (low === null || high === null) return [0, chart === 'learningRate' ? 0.1 : 1];
  switch (chart) {
    case 'top1':
      return [0, Math.min(1, Math.max(high * 1.1, (chance ?? 0) * 2, 0.1))];
    case 'learningRate':
      return [0, high * 1.1 || 1];
    case 'loss': {
      const top = trainHigh !== null && high > 3 * trainHigh ? 1.5 * trainHigh : high;
      const margin = Math.max((top - low) * 0.06, 0.02);
      return [Math.max(0, low - margin), top + margin];
    }
  }
}

/** Of the values that are there; null when there are none. */
export function largest(column: readonly (number | null)[]): number | null {
  return extreme(column, Math.max);
}

/** Of the values that are there; null when there are none. */
export function lowest(column: readonly (number | null)[]): number | null {
  return extreme(column, Math.min);
}

function extreme(
  column: readonly (number | null)[],
  choose: (a: number, b: number) => number,
): number | null {
  let result: number | null = null;
  for (const value of column) {
    if (value !== null) result = result === null ? value : choose(result, value);
  }
  return result;
}
