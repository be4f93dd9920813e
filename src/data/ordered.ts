/** Work on many files at once, with results in their order and a limit on what is in memory. */

/**
 * Maps items with up to `concurrency` calls of `work` under way, yielding results in the order of the items.
 * Stops starting new ones when the consumer stops or a call rejects.
 */
export async function* mapOrdered<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  let next = 0;
  const start = () => {
    const index = next++;
    const item = items[index];
    if (item === undefined) return;
    const promise = work(item, index);
    // Rejections are seen in order below; until then they must not count as unhandled.
    promise.catch(() => undefined);
    running.push(promise);
  };
  while (next < items.length && running.length < concurrency) start();
  for (let head = running.shift(); head !== undefined; head = running.shift()) {
    const result = await head;
    if (next < items.length) start();
    yield result;
  }
}

/** Lets work through while the sum of its costs stays within a budget; one piece always gets through. */
export class CostGate {
  private used = 0;
  private readonly waiting: { cost: number; proceed: () => void }[] = [];

  constructor(private readonly budget: number) {}

  async run<Result>(cost: number, work: () => Promise<Result>): Promise<Result> {
    if (this.used > 0 && (this.waiting.length > 0 || this.used + cost > this.budget)) {
      await new Promise<void>((proceed) => this.waiting.push({ cost, proceed }));
    } else {
      this.used += cost;
    }
    try {
      return await work();
    } finally {
      this.used -= cost;
      this.admit();
    }
  }

  private admit(): void {
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      if (this.used > 0 && this.used + first.cost > this.budget) return;
      this.used += first.cost;
      this.waiting.shift();
      first.proceed();
    }
  }
}
