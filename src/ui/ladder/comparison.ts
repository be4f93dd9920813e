/** Two runs side by side as plain data: what their recipes differ in, and lines over one axis. */
import type { EvaluationEvent, RunHistory, RunSummary } from '../../protocol.ts';
import { type RecipeFieldName, recipeFieldNames, recipeFields } from '../../recipe/fields.ts';
import { meaningOfNull } from '../../recipe/fieldTypes.ts';
import type { Recipe } from '../../recipe/recipe.ts';

export interface RecipeDifference {
  name: RecipeFieldName;
  label: string;
  /** torchvision's argument; null where only Tabtrain has the field. */
  flag: string | null;
  a: string;
  b: string;
}

export function recipeDifferences(a: Recipe, b: Recipe): RecipeDifference[] {
  return recipeFieldNames
    .filter((name) => a[name] !== b[name])
    .map((name) => {
      const { label, flag } = recipeFields[name];
      return { name, label, flag, a: shown(name, a[name]), b: shown(name, b[name]) };
    });
}

function shown(name: RecipeFieldName, value: Recipe[RecipeFieldName]): string {
  if (value === null) return meaningOfNull(recipeFields[name]) ?? 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}

/** What can be concluded from the two, in a sentence. */
export function verdict(a: RunSummary, b: RunSummary, differences: readonly RecipeDifference[]): string {
  if (a.datasetId !== b.datasetId)
    return 'They were trained on different data: their numbers cannot be compared.';
  const [only] = differences;
  if (only === undefined) return 'Their recipes are the same: what differs is chance or the kernels.';
  if (differences.length === 1) {
    return only.name === 'seed'
      ? 'They differ in the seed alone: the difference is what chance does.'
      : `They differ in one switch, ${only.label.toLowerCase()}: the difference is its doing, and chance’s.`;
  }
  return `They differ in ${String(differences.length)} fields: what each of them does cannot be told from these two.`;
}

export type ComparisonAxis = 'epoch' | 'share';

export interface ComparisonLine {
  label: string;
  run: 'a' | 'b';
  kind: 'raw' | 'ema' | 'train';
  points: { x: number; y: number }[];
}

export type ComparisonChart = 'top1' | 'loss';

/** The lines of one chart; x in epochs, or as the share of the run's epochs. */
export function comparisonLines(
  chart: ComparisonChart,
  axis: ComparisonAxis,
  runs: Readonly<Record<'a' | 'b', { history: RunHistory; epochs: number }>>,
): ComparisonLine[] {
  const read: Record<
    ComparisonChart,
    Record<'raw' | 'ema' | 'train', (e: EvaluationEvent) => number | null>
  > = {
    top1: { train: (e) => e.trainTop1, raw: (e) => e.top1, ema: (e) => e.emaTop1 },
    loss: { train: (e) => e.trainLoss, raw: (e) => e.valLoss, ema: (e) => e.emaValLoss },
  };
  const labels = { train: 'train', raw: 'val. raw', ema: 'val. EMA' };
  return (['a', 'b'] as const).flatMap((run) =>
    (['train', 'raw', 'ema'] as const).flatMap((kind) => {
      const { history, epochs } = runs[run];
      const points = history.evaluations.flatMap((evaluation) => {
        const y = read[chart][kind](evaluation);
        const x = (evaluation.epoch + 1) / (axis === 'share' ? epochs : 1);
        return y === null || !Number.isFinite(y) ? [] : [{ x, y }];
      });
      return points.length === 0
        ? []
        : [{ label: `${run.toUpperCase()} ${labels[kind]}`, run, kind, points }];
    }),
  );
}

/** Steps of 1, 2 or 5 times a power of ten that cut [low, high] into about `count` parts. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
