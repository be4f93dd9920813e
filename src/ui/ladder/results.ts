/** What the runs of a series came to, rung by rung, and their gains beside the published ones. */
import type { RunSummary } from '../../protocol.ts';
import { type Rung, type RungName, rungs } from '../../recipe/ladder.ts';

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

export interface Gain {
  rung: Rung;
  /** The earlier rung that both gains are against. */
  from: Rung;
  /** Points of top-1, as published. */
  published: number;
  /** Points of top-1 here; null where one of the two is not trained to its end. */
  yours: number | null;
}

/**
 * The gain of every rung but the first: where it is trained here, against the nearest earlier one that is trained
 * too, so that both numbers speak of the same change; else against the one before.
 */
export function gains(runs: ReadonlyMap<RungName, RunSummary>): Gain[] {
  return rungs.slice(1).map((rung, i) => {
    const before = rungs.slice(0, i + 1).reverse();
    const scoreOf = ({ name }: Rung) => {
      const run = runs.get(name);
      return run?.status === 'finished' ? score(run) : null;
    };
    const mine = scoreOf(rung);
    const nearest = mine === null ? undefined : before.find((earlier) => scoreOf(earlier) !== null);
    const from = nearest ?? before[0] ?? rung;
    const fromScore = nearest === undefined ? null : scoreOf(nearest);
    return {
      rung,
      from,
      published: rung.acc1 - from.acc1,
      yours: mine === null || fromScore === null ? null : mine - fromScore,
    };
  });
}

/**
 * Points of top-1 by which two runs of the same quality differ in one of twenty cases, from the number of
 * validation images alone: 1.96 · √(2 p (1 − p) / n).
 */
export function chancePoints(share: number, validationImages: number): number {
  return 196 * Math.sqrt((2 * share * (1 - share)) / validationImages);
}

/** "+0.36", "−1.20", "0.00": a real minus, so that figures stand in line. */
export function formatPoints(points: number, digits = 2): string {
  const text = Math.abs(points).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${points > 0 ? '+' : '−'}${text}`;
}
