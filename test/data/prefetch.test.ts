import { describe, expect, it } from 'vitest';
import { CostGate, mapOrdered } from '../../src/data/ordered.ts';
import { closeImages } from '../../src/data/indexedDbSource.ts';
import { prefetch } from '../../src/data/prefetch.ts';
import type { DatasetSummary, DecodedImage, SampleSource } from '../../src/data/types.ts';
import { FakeBitmap } from './support/reading.ts';

class CountingSource implements SampleSource {
  readonly decoded: number[][] = [];
  readonly bitmaps: FakeBitmap[] = [];
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
    this.decoded.push([...indices]);
    await Promise.resolve();
    if (indices.includes(this.failAt)) throw new Error(`sample ${this.failAt} is damaged`);
    return indices.map((index) => {
      const bitmap = new FakeBitmap(index, 1, new Uint8Array(0));
      this.bitmaps.push(bitmap);
      return { kind: 'bitmap', widthPx: index, heightPx: 1, bitmap };
    });
  }
  close(): void {
    this.decoded.length = 0;
  }
}

const batches = [[1, 2], [3, 4], [5, 6], [7, 8], [9]];
const decodedAhead = (source: CountingSource, depth: number) =>
  prefetch(batches, depth, (indices) => source.decode('train', indices), closeImages);
const widths = (images: DecodedImage[]) => images.map(({ widthPx }) => widthPx);

describe('prefetch', () => {
  it('gives the batches in order and decodes only so far ahead', async () => {
    const source = new CountingSource();
    const iterator = decodedAhead(source, 2);
    expect(source.decoded).toHaveLength(0);
    expect(widths((await iterator.next()).value as DecodedImage[])).toEqual([1, 2]);
    expect(source.decoded).toEqual(batches.slice(0, 3));
    const rest: number[][] = [];
    for await (const images of iterator) rest.push(widths(images));
    expect(rest).toEqual(batches.slice(1));
    expect(source.bitmaps.some(({ isClosed }) => isClosed)).toBe(false);
  });

  it('closes what was decoded ahead when the consumer stops', async () => {
    const source = new CountingSource();
    for await (const images of decodedAhead(source, 2)) {
      if (widths(images).includes(3)) break;
    }
    const open = source.bitmaps.filter(({ isClosed }) => !isClosed).map(({ width }) => width);
    expect(open).toEqual([1, 2, 3, 4]);
    expect(source.decoded).toEqual(batches.slice(0, 4));
  });

  it("rejects when the damaged batch's turn comes, after the good ones, and leaves nothing open", async () => {
    const source = new CountingSource();
    source.failAt = 5;
    const seen: number[] = [];
    const run = async () => {
      for await (const images of decodedAhead(source, 3)) {
        seen.push(...widths(images));
      }
    };
    await expect(run()).rejects.toThrow('sample 5 is damaged');
    expect(seen).toEqual([1, 2, 3, 4]);
    const open = source.bitmaps.filter(({ isClosed }) => !isClosed).map(({ width }) => width);
    expect(open).toEqual([1, 2, 3, 4]);
  });

  it('refuses a depth of none', async () => {
    await expect(decodedAhead(new CountingSource(), 0).next()).rejects.toThrow('the depth is 0');
  });
});

describe('mapOrdered', () => {
  it('keeps the order and the limit', async () => {
    let running = 0;
    let most = 0;
    const delays = [30, 1, 20, 1, 10, 1];
    const results: number[] = [];
    const work = async (delay: number, index: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, delay));
      running--;
      return index;
    };
    for await (const index of mapOrdered(delays, 3, work)) results.push(index);
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(3);
  });
});

describe('CostGate', () => {
  it('keeps the sum within the budget, but lets a piece through that is larger alone', async () => {
    const gate = new CostGate(10);
    let used = 0;
    let most = 0;
    const order: number[] = [];
    const costs = [4, 6, 5, 25, 3, 3];
    await Promise.all(
      costs.map((cost) =>
        gate.run(cost, async () => {
          used += cost;
          if (cost !== 25) most = Math.max(most, used);
          else expect(used).toBe(25);
          await new Promise((resolve) => setTimeout(resolve, 5));
          used -= cost;
          order.push(cost);
        }),
      ),
    );
    expect(most).toBe(10);
    expect(order).toEqual(costs);
  });

  it('frees the budget after a failure', async () => {
    const gate = new CostGate(1);
    await expect(gate.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(1, () => Promise.resolve('yes'))).toBe('yes');
  });
});
