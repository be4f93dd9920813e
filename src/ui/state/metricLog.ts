/**
 * The metric history of one run, as the charts need it: appended to with every event, thinned to a bounded
 * number of points without losing a minimum or a maximum, and truncated when a resumed run repeats steps.
 */
import type { ChartTable, HorizontalAxis } from '../../charts/chartTable.ts';
import type { EvaluationEvent, RunHistory, StepEvent } from '../../protocol.ts';

/** At most this many buckets, each drawn as its smallest and its largest loss: about one a pixel column. */
const maxBuckets = 512;

interface Bucket {
  count: number;
  lowest: number;
  highest: number;
}

/**
 * Buckets of consecutive samples, each with the index of its smallest and largest value. When there are too
 * many, neighbours are merged and later buckets hold twice as many samples: amortised constant work a
 * sample, however long the run.
 */
export class MinMaxBuckets {
  #buckets: Bucket[] = [];
  #bucketSize = 1;

  /** Adds sample `index`; `values` must be readable at all indices added so far. */
  add(index: number, values: ArrayLike<number>): void {
    const last = this.#buckets.at(-1);
    if (last === undefined || last.count >= this.#bucketSize) {
      this.#buckets.push({ count: 1, lowest: index, highest: index });
      if (this.#buckets.length > maxBuckets) this.#halve(values);
      return;
    }
    last.count += 1;
    const value = values[index] ?? NaN;
    if (value < (values[last.lowest] ?? NaN)) last.lowest = index;
    if (value > (values[last.highest] ?? NaN)) last.highest = index;
  }

  #halve(values: ArrayLike<number>): void {
    const merged: Bucket[] = [];
    for (let i = 0; i < this.#buckets.length; i += 2) {
      const left = this.#buckets[i];
      const right = this.#buckets[i + 1];
      if (left === undefined) break;
      if (right === undefined) {
        merged.push(left);
        break;
      }
      const lower = (values[right.lowest] ?? NaN) < (values[left.lowest] ?? NaN);
      const higher = (values[right.highest] ?? NaN) > (values[left.highest] ?? NaN);
      merged.push({
        count: left.count + right.count,
        lowest: lower ? right.lowest : left.lowest,
        highest: higher ? right.highest : left.highest,
      });
    }
    this.#buckets = merged;
    this.#bucketSize *= 2;
  }

  /** Indices to draw, ascending, without repeats; the last sample is always among them. */
  indices(sampleCount: number): number[] {
    const result: number[] = [];
    const push = (index: number) => {
      if (result.at(-1) !== index) result.push(index);
    };
    for (const bucket of this.#buckets) {
      push(Math.min(bucket.lowest, bucket.highest));
      push(Math.max(bucket.lowest, bucket.highest));
    }
    if (sampleCount > 0) push(sampleCount - 1);
    return result;
  }
}

/** A column of numbers that grows by doubling. */
class Column {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  /** The storage: longer than `length`. */
  get values(): Float64Array {
    return this.#values;
  }

  at(index: number): number {
    return this.#values[index] ?? NaN;
  }
}

const stepColumnNames = ['step', 'epoch', 'time', 'loss', 'top1', 'learningRate'] as const;
type StepColumnName = (typeof stepColumnNames)[number];

function emptyColumns(): Record<StepColumnName, Column> {
  return {
    step: new Column(),
    epoch: new Column(),
    time: new Column(),
    loss: new Column(),
    top1: new Column(),
    learningRate: new Column(),
  };
}

/**
 * Exponential smoothing started without bias towards zero, as TensorBoard does it:
 * s ← f·s + (1−f)·v, shown as s / (1 − fⁿ). Samples that are not finite are passed over.
 */
class Smoother {
  #sum = 0;
  #weight = 0;
  readonly output = new Column();

  constructor(private readonly factor: number) {}

  push(value: number): void {
    if (Number.isFinite(value)) {
      this.#sum = this.factor * this.#sum + (1 - this.factor) * value;
      this.#weight = this.factor * this.#weight + (1 - this.factor);
    }
    this.output.push(this.#weight === 0 ? value : this.#sum / this.#weight);
  }
}

export class MetricLog {
  #columns = emptyColumns();
  #buckets = new MinMaxBuckets();
  #smoothing = 0.9;
  #smoothLoss = new Smoother(this.#smoothing);
  #smoothTop1 = new Smoother(this.#smoothing);
  #evaluations: EvaluationEvent[] = [];

  static fromHistory(history: RunHistory): MetricLog {
    const log = new MetricLog();
    for (const step of history.steps) log.addStep(step);
    for (const evaluation of history.evaluations) log.addEvaluation(evaluation);
    return log;
  }

  get stepCount(): number {
    return this.#columns.step.length;
  }

  /** A new array whenever there is another evaluation. */
  get evaluations(): readonly EvaluationEvent[] {
    return this.#evaluations;
  }

  get smoothing(): number {
    return this.#smoothing;
  }

  /** Share of the past in the smoothed curves, in [0, 1). */
  setSmoothing(factor: number): void {
    this.#smoothing = factor;
    this.#smoothLoss = new Smoother(factor);
    this.#smoothTop1 = new Smoother(factor);
    for (let i = 0; i < this.stepCount; i += 1) {
      this.#smoothLoss.push(this.#columns.loss.at(i));
      this.#smoothTop1.push(this.#columns.top1.at(i));
    }
  }

  /** A step that is not after the last one (a run resumed from a checkpoint) drops what came after it. */
  addStep(event: StepEvent): void {
    const columns = this.#columns;
    if (this.stepCount > 0 && event.step <= columns.step.at(this.stepCount - 1)) this.#truncate(event.step);
    this.#pushStep([
      event.step,
      event.step / Math.max(1, event.stepsPerEpoch),
      event.elapsedSeconds,
      event.loss,
      event.top1,
      event.learningRate,
    ]);
  }

  addEvaluation(event: EvaluationEvent): void {
    this.#evaluations = [...this.#evaluations.filter((earlier) => earlier.step < event.step), event];
  }

  #pushStep(row: readonly number[]): void {
    stepColumnNames.forEach((name, i) => this.#columns[name].push(row[i] ?? NaN));
    const index = this.stepCount - 1;
    this.#buckets.add(index, this.#columns.loss.values);
    this.#smoothLoss.push(this.#columns.loss.at(index));
    this.#smoothTop1.push(this.#columns.top1.at(index));
  }

  /** Keeps only what happened before `step`. */
  #truncate(step: number): void {
    const old = this.#columns;
    this.#columns = emptyColumns();
    this.#buckets = new MinMaxBuckets();
    this.#smoothLoss = new Smoother(this.#smoothing);
    this.#smoothTop1 = new Smoother(this.#smoothing);
    for (let i = 0; i < old.step.length && old.step.at(i) < step; i += 1) {
      this.#pushStep(stepColumnNames.map((name) => old[name].at(i)));
    }
    if (this.#evaluations.some((evaluation) => evaluation.step >= step)) {
      this.#evaluations = this.#evaluations.filter((evaluation) => evaluation.step < step);
    }
  }

  /** At most about 1,030 rows plus the evaluations, ascending in x. */
  table(axis: HorizontalAxis): ChartTable {
    const table: ChartTable = {
      x: [],
      stepLoss: [],
      smoothLoss: [],
      epochLoss: [],
      validationLoss: [],
      emaValidationLoss: [],
      trainTop1: [],
      validationTop1: [],
      emaValidationTop1: [],
      learningRate: [],
    };
    let nextEvaluation = 0;
    const addEvaluationsBefore = (step: number) => {
      let evaluation = this.#evaluations[nextEvaluation];
      while (evaluation !== undefined && evaluation.step < step) {
        pushEvaluationRow(table, evaluation, axis);
        nextEvaluation += 1;
        evaluation = this.#evaluations[nextEvaluation];
      }
    };
    for (const index of this.#buckets.indices(this.stepCount)) {
      addEvaluationsBefore(this.#columns.step.at(index));
      table.x.push(this.#columns[axis].at(index));
      table.stepLoss.push(finiteOrNull(this.#columns.loss.at(index)));
      table.smoothLoss.push(finiteOrNull(this.#smoothLoss.output.at(index)));
      table.trainTop1.push(finiteOrNull(this.#smoothTop1.output.at(index)));
      table.learningRate.push(this.#columns.learningRate.at(index));
      table.epochLoss.push(null);
      table.validationLoss.push(null);
      table.emaValidationLoss.push(null);
      table.validationTop1.push(null);
      table.emaValidationTop1.push(null);
    }
    addEvaluationsBefore(Infinity);
    return table;
  }
}

function pushEvaluationRow(table: ChartTable, evaluation: EvaluationEvent, axis: HorizontalAxis): void {
  const x = { step: evaluation.step, epoch: evaluation.epoch + 1, time: evaluation.elapsedSeconds }[axis];
  // An evaluation counts its own time: on the time axis it never lies before the row it follows.
  table.x.push(Math.max(x, table.x.at(-1) ?? x));
  table.stepLoss.push(null);
  table.smoothLoss.push(null);
  table.trainTop1.push(null);
  table.learningRate.push(null);
  table.epochLoss.push(finiteOrNull(evaluation.trainLoss));
  table.validationLoss.push(finiteOrNull(evaluation.valLoss));
  table.emaValidationLoss.push(evaluation.emaValLoss === null ? null : finiteOrNull(evaluation.emaValLoss));
  table.validationTop1.push(evaluation.top1);
  table.emaValidationTop1.push(evaluation.emaTop1);
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
