/**
 * Everything drawn at random, except the sampler's order (which is torch's own).
 *
 * A stream is named by what it is for (seed, epoch, rank, position, purpose) and made of Philox blocks, so
 * any batch of any run can be rebuilt alone and there is no generator state to save.
 */
import { philox4x32 } from './philox.ts';

/** Never renumber: the draws of saved runs depend on these. Add new purposes at the end. */
const purposeNumbers = {
  initialWeights: 0,
  split: 1,
  subset: 2,
  randomResizedCrop: 3,
  horizontalFlip: 4,
  trivialAugment: 5,
  randomErasing: 6,
  batchMix: 7,
} as const;

export type DrawPurpose = keyof typeof purposeNumbers;

export interface DrawKey {
  /** Integer in [0, 2⁵³). */
  seed: number;
  /** Integer in [0, 2³²). */
  epoch: number;
  /** Integer in [0, 2²⁴). */
  rank: number;
  /** Which draw of that purpose: a sample's place in the rank's epoch, a parameter's index. In [0, 2³²). */
  position: number;
  purpose: DrawPurpose;
}

export interface RandomStream {
  /** Integer, uniform in [0, 2³²). */
  nextUint32(): number;
  /** Uniform in [low, high), 32 random bits; 0 and 1 where not given. Takes one word. */
  uniform(low?: number, high?: number): number;
  /** Unbiased integer in [0, n); n is an integer in [1, 2³²]. Takes one word, seldom more. */
  integer(n: number): number;
  /** Standard normal by Box–Muller: two words for each pair of values. */
  normal(): number;
  /** Fisher–Yates in place; every order is equally likely. */
  shuffle(values: Int32Array): void;
}

const twoTo32 = 0x1_0000_0000;

function requireInteger(name: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new RangeError(
      `Random stream: ${name} is ${value}, but must be an integer from 0 to ${limit - 1}.`,
    );
  }
}

/**
 * The stream of this key, from its beginning. Two keys that differ in any field give unrelated streams.
 * Throws RangeError where a field is out of its range.
 */
export function randomStream(key: DrawKey): RandomStream {
  requireInteger('seed', key.seed, Number.MAX_SAFE_INTEGER + 1);
  requireInteger('epoch', key.epoch, twoTo32);
  requireInteger('rank', key.rank, 0x1_000000);
  requireInteger('position', key.position, twoTo32);

  const philoxKey = [key.seed % twoTo32, Math.floor(key.seed / twoTo32)] as const;
  const counter: [number, number, number, number] = [
    0,
    key.epoch,
    key.position,
    (purposeNumbers[key.purpose] << 24) | key.rank,
  ];
  const block = new Uint32Array(4);
  let used = 4;
  let spareNormal: number | null = null;

  function nextUint32(): number {
    if (used === 4) {
      philox4x32(counter, philoxKey, block);
      counter[0]++;
      used = 0;
    }
    return block[used++] ?? 0;
  }

  function integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > twoTo32) {
      throw new RangeError(
        `Random stream: integer(n) needs an integer n from 1 to ${twoTo32}, but got ${n}.`,
      );
    }
    // The last, incomplete run of n values would make small results likelier.
    const limit = twoTo32 - (twoTo32 % n);
    let word = nextUint32();
    while (word >= limit) word = nextUint32();
    return word % n;
  }

  return {
    nextUint32,
    integer,
    uniform(low = 0, high = 1) {
      return low + (high - low) * (nextUint32() / twoTo32);
    },
    normal() {
      if (spareNormal !== null) {
        const value = spareNormal;
        spareNormal = null;
        return value;
      }
      // In (0, 1]: the logarithm of 0 is not finite.
      const radius = Math.sqrt(-2 * Math.log((nextUint32() + 1) / twoTo32));
      const angle = 2 * Math.PI * (nextUint32() / twoTo32);
      spareNormal = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    shuffle(values) {
      for (let last = values.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const moved = values[last] ?? 0;
        values[last] = values[other] ?? 0;
        values[other] = moved;
      }
    },
  };
}
