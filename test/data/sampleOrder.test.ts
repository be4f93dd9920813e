import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { raSamplesPerRank } from '../../src/recipe/repeatedAugmentation.ts';
import { randperm } from '../../src/data/mt19937.ts';
import {
  distributedSampleOrder,
  raSampleOrder,
  subsetByClass,
  validationByClass,
} from '../../src/data/sampleOrder.ts';

interface OrderDigest {
  length: number;
  first: number[];
  last: number[];
  sha256: string;
}
interface Goldens {
  permutations: (OrderDigest & { n: number; seed: number })[];
  distributed: (OrderDigest & {
    datasetSize: number;
    worldSize: number;
    rank: number;
    epoch: number;
    seed: number;
  })[];
  repeated: (OrderDigest & {
    datasetSize: number;
    worldSize: number;
    rank: number;
    repetitions: number;
    epoch: number;
  })[];
}

const goldens = JSON.parse(
  readFileSync(new URL('../goldens/sample-order.json', import.meta.url), 'utf8'),
) as Goldens;

/** All indices by their hash, the ends in the clear, as scripts/goldens/sample_order.py writes them. */
function digest(order: Uint32Array): OrderDigest {
  return {
    length: order.length,
    first: [...order.slice(0, 16)],
    last: [...order.slice(-16)],
    sha256: createHash('sha256').update(order).digest('hex'),
  };
}

describe('randperm', () => {
  it.each(goldens.permutations)('equals torch for n=$n, seed=$seed', ({ n, seed, ...expected }) => {
    expect(digest(randperm(n, seed))).toEqual(expected);
  });

  it('names a seed or size that torch has no permutation for', () => {
    expect(() => randperm(5, -1)).toThrow('the seed is -1');
    expect(() => randperm(2.5, 0)).toThrow('cannot permute 2.5 samples');
  });
});

describe('distributedSampleOrder', () => {
  it('has goldens for 3 epochs, 3 data set sizes and the ranks of 1, 2 and 8', () => {
    expect(goldens.distributed).toHaveLength(3 * 3 * (1 + 2 + 8) + 1);
  });

  it.each(goldens.distributed)(
    'equals torch for $datasetSize samples, rank $rank of $worldSize, epoch $epoch, seed $seed',
    ({ datasetSize, worldSize, rank, epoch, seed, ...expected }) => {
      expect(digest(distributedSampleOrder({ datasetSize, worldSize, rank, epoch, seed }))).toEqual(expected);
    },
  );

  it('uses seed 0 unless told otherwise, and refuses a rank outside the world', () => {
    const request = { datasetSize: 50, worldSize: 2, rank: 1, epoch: 3 };
    expect(distributedSampleOrder(request)).toEqual(distributedSampleOrder({ ...request, seed: 0 }));
    expect(() => distributedSampleOrder({ ...request, rank: 2 })).toThrow('worldSize 2 has ranks 0 to 1');
    expect(() => distributedSampleOrder({ ...request, datasetSize: 0 })).toThrow('datasetSize is 0');
  });
});

describe('raSampleOrder', () => {
  it('has goldens for 12 combinations of size, ranks, repetitions and epoch, two of them without samples', () => {
    const combination = ({ datasetSize, worldSize, repetitions, epoch }: Goldens['repeated'][number]) =>
      [datasetSize, worldSize, repetitions, epoch].join(' ');
    expect(new Set(goldens.repeated.map(combination)).size).toBe(12);
    const empty = goldens.repeated.filter(({ length }) => length === 0);
    expect(new Set(empty.map(({ datasetSize }) => datasetSize))).toEqual(new Set([255, 40]));
  });

  it.each(goldens.repeated)(
    'equals torchvision for $datasetSize samples × $repetitions, rank $rank of $worldSize, epoch $epoch',
    ({ datasetSize, worldSize, rank, repetitions, epoch, ...expected }) => {
      const request = { datasetSize, worldSize, rank, repetitions, epoch, truncate: true };
      expect(digest(raSampleOrder(request))).toEqual(expected);
    },
  );

  it('gives ImageNet’s epochs a quarter of the images, four times each', () => {
    const shape = { datasetSize: 1_281_167, worldSize: 8, truncate: true };
    expect(raSamplesPerRank(shape)).toBe(160_128);
  });

  it('not truncated goes on from the same beginning to as many samples as the data set has', () => {
    const request = { datasetSize: 600, worldSize: 8, repetitions: 4, epoch: 2 };
    const seen = new Map<number, number>();
    for (let rank = 0; rank < 8; rank++) {
      const kept = raSampleOrder({ ...request, rank, truncate: true });
      const all = raSampleOrder({ ...request, rank, truncate: false });
      expect([...all.subarray(0, kept.length)]).toEqual([...kept]);
      expect(all.length).toBe(75);
      for (const index of all) seen.set(index, (seen.get(index) ?? 0) + 1);
    }
    expect(seen.size).toBe(150);
    expect(new Set(seen.values())).toEqual(new Set([4]));
  });

  it('works for a data set of one image and refuses no repetitions', () => {
    const request = { datasetSize: 1, worldSize: 4, rank: 3, epoch: 0, truncate: false };
    expect([...raSampleOrder({ ...request, repetitions: 2 })]).toEqual([0]);
    expect(() => raSampleOrder({ ...request, repetitions: 0 })).toThrow('repetitions is 0');
  });
});

/** Labels in stored order: class 0 first. */
function labelsOf(...counts: number[]): Int32Array {
  return Int32Array.from(counts.flatMap((count, label) => Array.from({ length: count }, () => label)));
}

function perClass(labels: Int32Array, indices: Int32Array): number[] {
  const counts = Array.from({ length: Math.max(...labels) + 1 }, () => 0);
  for (const index of indices) {
    const label = labels[index] ?? -1;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}

describe('subsetByClass', () => {
  const labels = labelsOf(600, 300, 100);

  it('takes the same share of every class, sorted, each at most once', () => {
    const subset = subsetByClass(labels, 101, 0);
    // Exact shares 60.6, 30.3, 10.1: the one image left goes to the largest remainder.
    expect(perClass(labels, subset)).toEqual([61, 30, 10]);
    expect([...subset]).toEqual([...new Set(subset)].sort((a, b) => a - b));
  });

  it('depends on the seed and on nothing else', () => {
    expect(subsetByClass(labels, 100, 7)).toEqual(subsetByClass(labels, 100, 7));
    expect(subsetByClass(labels, 100, 7)).not.toEqual(subsetByClass(labels, 100, 8));
  });

  it('keeps one image of a tiny class where the limit allows, and the limit exactly', () => {
    const uneven = labelsOf(10_000, 1, 1, 1);
    expect(perClass(uneven, subsetByClass(uneven, 10, 0))).toEqual([7, 1, 1, 1]);
    expect(subsetByClass(uneven, 2, 0)).toHaveLength(2);
    const even = labelsOf(3, 3, 3, 3, 3, 3, 200);
    expect(subsetByClass(even, 7, 0)).toHaveLength(7);
  });

  it('keeps everything without a limit and refuses a limit of none', () => {
    expect(subsetByClass(labels, null, 0)).toHaveLength(1000);
    expect(subsetByClass(labels, 5000, 0)).toHaveLength(1000);
    expect(() => subsetByClass(labels, 0, 0)).toThrow('limit is 0');
  });
});

describe('validationByClass', () => {
  it('holds out the share of each class, never a whole class, none of a single image', () => {
    const labels = labelsOf(100, 3, 2, 1);
    expect(perClass(labels, validationByClass(labels, 0.2, 0))).toEqual([20, 1, 1, 0]);
    expect(perClass(labels, validationByClass(labels, 0.99, 0))).toEqual([99, 2, 1, 0]);
  });

  it('depends on the seed, and not on the limit draw', () => {
    const labels = labelsOf(100, 100);
    expect(validationByClass(labels, 0.2, 3)).toEqual(validationByClass(labels, 0.2, 3));
    expect(validationByClass(labels, 0.2, 3)).not.toEqual(validationByClass(labels, 0.2, 4));
    expect(validationByClass(labels, 0.2, 3)).not.toEqual(subsetByClass(labels, 40, 3));
  });

  it('refuses a share outside (0, 1)', () => {
    expect(() => validationByClass(labelsOf(5), 1, 0)).toThrow('1 is not between 0 and 1');
  });
});
