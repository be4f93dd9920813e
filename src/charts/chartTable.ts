/** What the charts of one run draw: columns over one common x. */

export type HorizontalAxis = 'step' | 'epoch' | 'time';

/** Rows ascending in x (steps, epochs or seconds). `null`: no value of this series at that x. */
export interface ChartTable {
  x: number[];
  stepLoss: (number | null)[];
  smoothLoss: (number | null)[];
  epochLoss: (number | null)[];
  validationLoss: (number | null)[];
  emaValidationLoss: (number | null)[];
  trainTop1: (number | null)[];
  validationTop1: (number | null)[];
  emaValidationTop1: (number | null)[];
  learningRate: (number | null)[];
}

export type ColumnName = Exclude<keyof ChartTable, 'x'>;
