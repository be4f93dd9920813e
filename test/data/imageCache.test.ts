/** An image that batches share is decoded once, kept while one uses it, and closed after. */
import { describe, expect, it } from 'vitest';
import { ImageCache } from '../../src/data/imageCache.ts';
import { raSampleOrder } from '../../src/data/sampleOrder.ts';
import type { DatasetSummary, DecodedImage, SampleSource } from '../../src/data/types.ts';
import { FakeBitmap } from './support/reading.ts';

/** Images of 10 × 10 px, 400 bytes. */
class CountingSource implements SampleSource {
  readonly bitmaps = new Map<number, FakeBitmap[]>();
  failAt = -1;

  get summary(): DatasetSummary {
    throw new Error('not needed here');
  }
  labels(): Int32Array {
    return new Int32Array(0);
  }
  fileName(): string {
    return '';
  }
  async decode(_split: string, indices: readonly number[]): Promise<DecodedImage[]> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (indices.includes(this.failAt)) throw new Error(`sample ${this.failAt} is damaged`);
    return indices.map((index) => {
      const bitmap = new FakeBitmap(10, 10, Uint8Array.of(index));
      this.bitmaps.set(index, [...(this.bitmaps.get(index) ?? []), bitmap]);
      return { kind: 'bitmap', widthPx: 10, heightPx: 10, bitmap };
    });
  }
  close(): void {
    this.bitmaps.clear();
  }

  get decoded(): number {
    return [...this.bitmaps.values()].flat().length;
  }
  /** Which samples these are. */
  numbers(images: readonly DecodedImage[]): (number | undefined)[] {
    return images.map(
      (image) =>
        [...this.bitmaps].find(([, bitmaps]) =>
          bitmaps.some((bitmap) => image.kind === 'bitmap' && image.bitmap === bitmap),
        )?.[0],
    );
  }
  open(): number[] {
    return [...this.bitmaps].flatMap(([index, bitmaps]) =>
      bitmaps.filter(({ isClosed }) => !isClosed).map(() => index),
    );
  }
}

describe('ImageCache', () => {
  it('decodes what the ranks of a step share once: 8 ranks, 4 repetitions', async () => {
    const source = new CountingSource();
    const cache = new ImageCache(source, 'train', 32 * 400);
    const request = { datasetSize: 512, worldSize: 8, epoch: 0, repetitions: 4, truncate: true };
    const orders = Array.from({ length: 8 }, (_, rank) => raSampleOrder({ ...request, rank }));
    for (let step = 0; step < 4; step++) {
      for (const order of orders) {
        const batch = [...order.subarray(step * 16, (step + 1) * 16)];
        const lease = await cache.take(batch);
        expect(source.numbers(lease.images)).toEqual(batch);
        lease.release();
      }
    }
    // 64 images a rank of 8, each four times: 128 different ones.
    expect(source.decoded).toBe(128);
    cache.close();
    expect(source.open()).toEqual([]);
  });

  it('gives an image that comes twice in a batch once, also to batches that ask at once', async () => {
    const source = new CountingSource();
    const cache = new ImageCache(source, 'train', 0);
    const [first, second] = await Promise.all([cache.take([5, 5, 6]), cache.take([6, 5])]);
    expect(source.numbers(first.images)).toEqual([5, 5, 6]);
    expect(source.numbers(second.images)).toEqual([6, 5]);
    expect(source.decoded).toBe(2);
    first.release();
    expect(source.open()).toEqual([5, 6]);
    second.release();
    expect(source.open()).toEqual([]);
  });

  it('closes the least recently used beyond its bound, never one in use', async () => {
    const source = new CountingSource();
    const cache = new ImageCache(source, 'train', 3 * 400);
    const held = await cache.take([0]);
    for (const index of [1, 2, 3]) (await cache.take([index])).release();
    expect(source.open()).toEqual([0, 2, 3]);
    (await cache.take([2])).release();
    (await cache.take([4])).release();
    expect(source.open()).toEqual([0, 2, 4]);
    expect(source.decoded).toBe(5);
    cache.close();
    expect(source.open()).toEqual([0]);
    held.release();
    expect(source.open()).toEqual([]);
  });

  it('rejects with the source’s error, leaves nothing open, and tries again', async () => {
    const source = new CountingSource();
    const cache = new ImageCache(source, 'train', 0);
    source.failAt = 2;
    await expect(cache.take([1, 2])).rejects.toThrow('sample 2 is damaged');
    const [good, bad] = await Promise.allSettled([cache.take([7]), cache.take([7, 2])]);
    expect([good.status, bad.status]).toEqual(['fulfilled', 'rejected']);
    if (good.status === 'fulfilled') good.value.release();
    expect(source.open()).toEqual([]);
    source.failAt = -1;
    (await cache.take([1, 2])).release();
    expect(source.open()).toEqual([]);
  });
});
