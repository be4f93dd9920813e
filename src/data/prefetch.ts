/** Decodes the next batches while the current one is trained on. */
import { closeImages } from './indexedDbSource.ts';
import type { DecodedImage, SampleSource, SplitName } from './types.ts';

/**
 * Batches of decoded images, in the order of `batches`. Up to `depth` batches are decoded ahead of the one
 * that was taken last. The consumer owns what it gets; when it stops early (`break`, `return()`), the images
 * decoded ahead are closed. Rejects with the error of the batch whose turn it is.
 *
 * @param depth at least 1.
 */
export async function* prefetchBatches(
  source: SampleSource,
  split: SplitName,
  batches: Iterable<readonly number[]>,
  depth: number,
): AsyncGenerator<DecodedImage[]> {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new RangeError(`Prefetching: the depth is ${depth}, but must be an integer of at least 1.`);
  }
  const waiting = batches[Symbol.iterator]();
  const ahead: Promise<DecodedImage[]>[] = [];
  const startNext = () => {
    const next = waiting.next();
    if (next.done === true) return;
    const decoding = source.decode(split, next.value);
    // A failure is reported when its turn comes; until then it must not count as unhandled.
    decoding.catch(() => undefined);
    ahead.push(decoding);
  };
  try {
    for (let i = 0; i < depth; i++) startNext();
    for (let head = ahead.shift(); head !== undefined; head = ahead.shift()) {
      const images = await head;
      startNext();
      yield images;
    }
  } finally {
    for (const outcome of await Promise.allSettled(ahead)) {
      if (outcome.status === 'fulfilled') closeImages(outcome.value);
    }
  }
}
