/** What each rung gains, published and in one's own runs, so that both numbers speak of the same change. */
import { type Rung, type RungName, rungs } from './ladder.ts';

export interface Gain {
  rung: Rung;
  /** The earlier rung that both gains are against. */
  from: Rung;
  /** Points of top-1, as published. */
  published: number;
  /** Points of top-1 of one's own; null where one of the two was not trained. */
  yours: number | null;
}

/**
 * The gain of every rung but the first: where it was trained, against the nearest earlier one that was trained
 * too, else against the one before.
 * @param scores top-1 of one's own runs in per cent
 */
export function ladderGains(scores: ReadonlyMap<RungName, number>): Gain[] {
  return rungs.slice(1).map((rung, i) => {
    const before = rungs.slice(0, i + 1).reverse();
    const mine = scores.get(rung.name);
    const trained = mine === undefined ? undefined : before.find(({ name }) => scores.has(name));
    const from = trained ?? before[0] ?? rung;
    const fromScore = scores.get(from.name);
    return {
      rung,
      from,
      published: rung.acc1 - from.acc1,
      yours: mine === undefined || fromScore === undefined ? null : mine - fromScore,
    };
  });
}
