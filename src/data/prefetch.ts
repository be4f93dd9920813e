/** Begins the next pieces of work while the current one is used. */

/**
 * Results of `start`, in the order of `items`. Up to `depth` are under way or ready ahead of the one that was taken
 * last. The consumer owns what it gets; when it stops early (`break`, `return()`), what was made ahead is discarded.
 * Rejects with the error of the item whose turn it is.
 *
 * @param depth at least 1.
 */
export async function* prefetch<Item, Result>(
  items: Iterable<Item>,
  depth: number,
  start: (item: Item) => Promise<Result>,
  discard: (result: Result) => void,
): AsyncGenerator<Result> {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new RangeError(`Prefetching: the depth is ${depth}, but must be an integer of at least 1.`);
  }
  const waiting = items[Symbol.iterator]();
  const ahead: Promise<Result>[] = [];
  const startNext = () => {
    const next = waiting.next();
    if (next.done === true) return;
    const working = start(next.value);
    // A failure is reported when its turn comes; until then it must not count as unhandled.
    working.catch(() => undefined);
    ahead.push(working);
  };
  try {
    for (let i = 0; i < depth; i++) startNext();
    for (let head = ahead.shift(); head !== undefined; head = ahead.shift()) {
      const result = await head;
      startNext();
      yield result;
    }
  } finally {
    for (const outcome of await Promise.allSettled(ahead)) {
      if (outcome.status === 'fulfilled') discard(outcome.value);
    }
  }
}
