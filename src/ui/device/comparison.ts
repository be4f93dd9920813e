/** A comparison of the engine with plain tfjs, for people and as Markdown. */
import type { RunnerTiming, StepComparison } from '../../protocol.ts';
import { formatRate, modelTitle } from '../../format.ts';

export interface ComparisonRow {
  name: string;
  /** A step, its images a second, the first step in seconds, and the first loss. */
  cells: [msPerStep: string, imagesPerSecond: string, firstStepSeconds: string, firstLoss: string];
}

export const comparisonColumns = ['ms a step', 'images/s', 'first step, s', 'first loss'] as const;

export function comparisonRows({ engine, tfjs, batchSize }: StepComparison): ComparisonRow[] {
  const row = (name: string, { msPerStep, firstStepMs, firstLoss }: RunnerTiming): ComparisonRow => ({
    name,
    cells: [
      msPerStep.toFixed(msPerStep < 100 ? 1 : 0),
      formatRate((1000 * batchSize) / msPerStep),
      (firstStepMs / 1000).toFixed(1),
      firstLoss.toFixed(5),
    ],
  });
  return [row('Tabtrain', engine), row('plain tfjs', tfjs)];
}

export function comparisonRatio({ engine, tfjs }: StepComparison): string {
  const ratio = tfjs.msPerStep / engine.msPerStep;
  return ratio >= 1 ? `${ratio.toFixed(1)} times as fast` : `${(1 / ratio).toFixed(1)} times slower`;
}

export function comparisonTitle({ model, batchSize, sizePx, steps }: StepComparison): string {
  return `${modelTitle(model)}, batch ${String(batchSize)} at ${String(sizePx)} px, median of ${String(steps)} steps`;
}

/** @param browser its user-agent string */
export function comparisonMarkdown(comparison: StepComparison, browser: string): string {
  return [
    `${comparisonTitle(comparison)}, on ${comparison.adapter}`,
    '',
    `| | ${comparisonColumns.join(' | ')} |`,
    '|---|---|---|---|---|',
    ...comparisonRows(comparison).map(({ name, cells }) => `| ${name} | ${cells.join(' | ')} |`),
    '',
    `Tabtrain’s step is ${comparisonRatio(comparison)}. ${browser}`,
    '',
  ].join('\n');
}
