/** The curves in a sentence, for those who do not see them. */
import type { EvaluationEvent } from '../../protocol.ts';
import { formatLearningRate, formatLoss, formatShare } from '../../format.ts';

export function curvesSummary(
  evaluations: readonly EvaluationEvent[],
  chart: 'loss' | 'top1' | 'learningRate',
): string {
  const first = evaluations[0];
  const last = evaluations.at(-1);
  if (first === undefined || last === undefined) return 'No evaluation yet.';
  const epochs = `After epoch ${last.epoch + 1}`;
  switch (chart) {
    case 'loss':
      return (
        `${epochs}: train ${formatLoss(last.trainLoss)}, validation ${formatLoss(last.valLoss)}` +
        (last.emaValLoss === null ? '' : `, with EMA ${formatLoss(last.emaValLoss)}`) +
        `. The first evaluation had validation ${formatLoss(first.valLoss)}.`
      );
    case 'top1':
      return (
        `${epochs}: train ${formatShare(last.trainTop1)}, validation ${formatShare(last.top1)}` +
        (last.emaTop1 === null ? '' : `, with EMA ${formatShare(last.emaTop1)}`) +
        `. The first evaluation had validation ${formatShare(first.top1)}.`
      );
    case 'learningRate':
      return `${epochs}: ${formatLearningRate(last.learningRate)}.`;
  }
}
