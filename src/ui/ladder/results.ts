/** What the runs of a series came to, rung by rung, and their gains beside the published ones. */
import type { RunSummary } from '../../protocol.ts';
import type { RungName } from '../../recipe/ladder.ts';

/** The newest run of each rung in a series; one that was evaluated before one that was not. */
export function seriesRuns(runs: readonly RunSummary[], seriesId: string | null): Map<RungName, RunSummary> {
  const found = new Map<RungName, RunSummary>();
  for (const run of [...runs].sort((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (run.ladder === undefined || run.ladder.queueId !== seriesId) continue;
    const earlier = found.get(run.ladder.rung);
    if (earlier?.lastEvaluation != null && run.lastEvaluation === null) continue;
    found.set(run.ladder.rung, run);
  }
  return found;
}

export interface StoredSeries {
  id: string;
  datasetName: string;
  runCount: number;
  updatedAtMs: number;
}

/** All series that have runs here, newest first. */
export function storedSeries(runs: readonly RunSummary[]): StoredSeries[] {
  const found = new Map<string, StoredSeries>();
  for (const { ladder, datasetName, updatedAtMs } of runs) {
    if (ladder === undefined) continue;
    const known = found.get(ladder.queueId);
    found.set(ladder.queueId, {
      id: ladder.queueId,
      datasetName,
      runCount: (known?.runCount ?? 0) + 1,
      updatedAtMs: Math.max(known?.updatedAtMs ?? 0, updatedAtMs),
    });
  }
  return [...found.values()].sort((a, b) => b.updatedAtMs - a.updatedAtMs);
}

/** What a run is judged by: its EMA weights where it has them, in per cent; null before its first evaluation. */
export function score({ lastEvaluation }: Pick<RunSummary, 'lastEvaluation'>): number | null {
  return lastEvaluation === null ? null : 100 * (lastEvaluation.emaTop1 ?? lastEvaluation.top1);
}

/** The scores of the runs that came to their end. */
export function finishedScores(runs: ReadonlyMap<RungName, RunSummary>): Map<RungName, number> {
  const scores = new Map<RungName, number>();
  for (const [rung, run] of runs) {
    const value = run.status === 'finished' ? score(run) : null;
    if (value !== null) scores.set(rung, value);
  }
  return scores;
}

/**
 * Points of top-1 by which two runs of the same quality differ in one of twenty cases, from the number of
 * validation images alone: 1.96 · √(2 p (1 − p) / n).
 */
export function chancePoints(share: number, validationImages: number): number {
  return 196 * Math.sqrt((2 * share * (1 - share)) / validationImages);
}
