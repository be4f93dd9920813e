/**
 * A time limit for work on the adapter: as long as on the adapter that the project is developed on, times how much
 * slower this one was measured to be (scripts/environment/speed.ts). Run by hand, without the environment, it is
 * taken for as fast.
 */
export function patience(milliseconds: number): number {
  return milliseconds * Number(process.env.TABTRAIN_SLOWNESS ?? 1);
}
