/** What each of the three charts draws: its series, their marks and the columns they come from. */
import { formatLearningRate, formatLoss, formatShare } from '../format.ts';
import type { ChartColours } from './chartApi.ts';
import type { ColumnName } from './chartTable.ts';

export type ChartId = 'loss' | 'top1' | 'learningRate';

export interface ChartSeries {
  column: ColumnName;
  label: string;
  colour: keyof ChartColours;
  widthPx: number;
  /** Drawn at every point, where there are few; told apart by shape as well as by colour. */
  mark: 'none' | 'circle' | 'square' | 'ring';
  /** Drawn in steps instead of slopes. */
  isStepped?: true;
}

export interface ChartKind {
  id: ChartId;
  title: string;
  series: readonly ChartSeries[];
  format: (value: number) => string;
  heightPx: number;
}

export const lossChart: ChartKind = {
  id: 'loss',
  title: 'Loss',
  format: formatLoss,
  heightPx: 230,
  series: [
    { column: 'stepLoss', label: 'train step', colour: 'faint', widthPx: 1, mark: 'none' },
    { column: 'smoothLoss', label: 'smoothed', colour: 'muted', widthPx: 1.75, mark: 'none' },
    { column: 'epochLoss', label: 'epoch mean', colour: 'muted', widthPx: 0, mark: 'ring' },
    { column: 'validationLoss', label: 'val. raw', colour: 'ink', widthPx: 1.5, mark: 'circle' },
    { column: 'emaValidationLoss', label: 'val. EMA', colour: 'accent', widthPx: 2, mark: 'square' },
  ],
};

export const top1Chart: ChartKind = {
  id: 'top1',
  title: 'Top-1',
  format: formatShare,
  heightPx: 230,
  series: [
    { column: 'trainTop1', label: 'train', colour: 'muted', widthPx: 1.75, mark: 'none' },
    { column: 'validationTop1', label: 'val. raw', colour: 'ink', widthPx: 1.5, mark: 'circle' },
    { column: 'emaValidationTop1', label: 'val. EMA', colour: 'accent', widthPx: 2, mark: 'square' },
  ],
};

export const learningRateChart: ChartKind = {
  id: 'learningRate',
  title: 'Learning rate',
  format: formatLearningRate,
  heightPx: 110,
  series: [
    {
      column: 'learningRate',
      label: 'per epoch',
      colour: 'muted',
      widthPx: 1.5,
      mark: 'none',
      isStepped: true,
    },
  ],
};

export const chartKinds: Readonly<Record<ChartId, ChartKind>> = {
  loss: lossChart,
  top1: top1Chart,
  learningRate: learningRateChart,
};
