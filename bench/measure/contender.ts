/** Something that computes the same as the others, and is timed beside them. */

export interface Contender {
  /** Computes `count` times; resolves when the GPU is done. */
  run: (count: number) => Promise<void>;
  destroy: () => void;
}

/** What is timed takes at least this long, so that the queue's own time does not count. */
const leastMs = 40;

/** Median milliseconds of one execution of each, in turns. */
export async function alternate(contenders: readonly Contender[], rounds: number): Promise<number[]> {
  const time = async ({ run }: Contender, count: number) => {
    const started = performance.now();
    await run(count);
    return (performance.now() - started) / count;
  };
  const counts: number[] = [];
  for (const contender of contenders) {
    // The first compiles.
    await time(contender, 1);
    counts.push(Math.max(1, Math.ceil(leastMs / (await time(contender, 1)))));
  }
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, contender] of contenders.entries()) times[i]?.push(await time(contender, counts[i] ?? 1));
  }
  return times.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
