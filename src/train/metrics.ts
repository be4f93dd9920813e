/** Loss and accuracy from logits, on the host: for validation and predictions. */
import type { ClassProbability } from './events.ts';

export interface EvaluationSums {
  images: number;
  /** Sum of the label-smoothed cross-entropy over the images, as in training. */
  loss: number;
  top1: number;
  top5: number;
}

export const emptySums: EvaluationSums = { images: 0, loss: 0, top1: 0, top5: 0 };

/**
 * Adds a batch to the sums. Cross-entropy is torch's with label smoothing s over C classes:
 * −Σ((1 − s)·t + s/C)·log softmax. Top-5 means top min(5, C).
 * @param logits [batch, classes]
 */
export function addBatch(
  sums: EvaluationSums,
  logits: Float32Array,
  labels: ArrayLike<number>,
  labelSmoothing: number,
): EvaluationSums {
  const classCount = logits.length / labels.length;
  let { loss, top1, top5 } = sums;
  for (let i = 0; i < labels.length; i += 1) {
    const row = logits.subarray(i * classCount, (i + 1) * classCount);
    const label = labels[i] ?? 0;
    const own = row[label] ?? NaN;
    const logSum = logSumExp(row);
    const mean = row.reduce((sum, logit) => sum + logit, 0) / classCount;
    loss += logSum - (1 - labelSmoothing) * own - labelSmoothing * mean;
    // Rank as torch's topk gives it: NaN first, of equal logits the lower index. What is no number is never right.
    let rank = Number.isNaN(own) ? Infinity : 0;
    row.forEach((logit, j) => {
      if (logit > own || Number.isNaN(logit) || (logit === own && j < label)) rank += 1;
    });
    if (rank < 1) top1 += 1;
    if (rank < Math.min(5, classCount)) top5 += 1;
  }
  return { images: sums.images + labels.length, loss, top1, top5 };
}

function logSumExp(row: Float32Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/** The most probable classes of one row of logits, at most `count`, most probable first. */
export function topClasses(row: Float32Array, count: number): ClassProbability[] {
  const logSum = logSumExp(row);
  return Array.from(row, (logit, classIndex) => ({ classIndex, probability: Math.exp(logit - logSum) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
