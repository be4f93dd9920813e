/** One run is trained in one tab only: a Web Lock, held as long as the run is open here. */

export class RunLockedError extends Error {
  override readonly name = 'RunLockedError';
}

/**
 * Takes the run's lock and returns what releases it. Where the platform has no Web Locks (Node), there are
 * no other tabs either.
 * @throws RunLockedError when another tab trains this run
 */
export async function lockRun(runId: string): Promise<() => void> {
  const { promise: released, resolve: release } = withResolvers();
  if (typeof navigator === 'undefined' || !('locks' in navigator)) return release;
  const { promise: isGranted, resolve: answer } = withResolvers<boolean>();
  const holding = navigator.locks.request(`tabtrain-run-${runId}`, { ifAvailable: true }, async (lock) => {
    answer(lock !== null);
    if (lock !== null) await released;
  });
  holding.catch(() => answer(false));
  if (!(await isGranted)) {
    throw new RunLockedError('This run is open in another tab. Go on there, or close that tab first.');
  }
  return release;
}

function withResolvers<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => (resolve = resolvePromise));
  return { promise, resolve };
}
