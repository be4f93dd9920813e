/**
 * A time limit for work on the adapter: as long as on the adapter that the project is developed on, times how much
 * slower this one was measured to be (scripts/environment/speed.ts). Run by hand, without the environment, it is
 * taken for as fast.
 */
export function patience(milliseconds: number): number {
  return milliseconds * slowness;
}

/** How many times as slow as the usual adapter this one is, at least 1. */
export const slowness = Number(process.env.TABTRAIN_SLOWNESS ?? 1);
