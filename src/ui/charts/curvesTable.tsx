/** The evaluations of a run as a table. */
import type { EvaluationEvent } from '../../protocol.ts';
import { formatClock, formatCount, formatLearningRate, formatLoss, formatShare } from '../../format.ts';

export function CurvesTable({ evaluations }: { evaluations: readonly EvaluationEvent[] }) {
  if (evaluations.length === 0) return <p class="note">The table begins with the first evaluation.</p>;
  const share = (value: number | null) => (value === null ? '–' : formatShare(value));
  const loss = (value: number | null) => (value === null ? '–' : formatLoss(value));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Evaluations of every epoch">
      <table class="data-table figures">
        <thead>
          <tr>
            <th scope="col">Epoch</th>
            <th scope="col">Step</th>
            <th scope="col">Time</th>
            <th scope="col">Learning rate</th>
            <th scope="col">Train loss</th>
            <th scope="col">Val. loss</th>
            <th scope="col">EMA loss</th>
            <th scope="col">Train top-1</th>
            <th scope="col">Val. top-1</th>
            <th scope="col">EMA top-1</th>
            <th scope="col">Val. top-5</th>
            <th scope="col">EMA top-5</th>
          </tr>
        </thead>
        <tbody>
          {evaluations.map((row) => (
            <tr key={row.step}>
              <th scope="row">{row.epoch + 1}</th>
              <td>{formatCount(row.step)}</td>
              <td>{formatClock(row.elapsedSeconds)}</td>
              <td>{formatLearningRate(row.learningRate)}</td>
              <td>{loss(row.trainLoss)}</td>
              <td>{loss(row.valLoss)}</td>
              <td>{loss(row.emaValLoss)}</td>
              <td>{share(row.trainTop1)}</td>
              <td>{share(row.top1)}</td>
              <td>{share(row.emaTop1)}</td>
              <td>{share(row.top5)}</td>
              <td>{share(row.emaTop5)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
