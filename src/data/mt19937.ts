/**
 * torch's CPU random generator and `torch.randperm`, so that the order of samples equals torchvision's.
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), seeded as init_genrand does (ATen's
 * MT19937RNGEngine.h); the permutation is ATen's randperm_cpu. Nothing else in Tabtrain draws from it.
 */

const stateWords = 624;
const shiftWords = 397;

export interface TorchGenerator {
  /** Integer, uniform in [0, 2³²). */
  nextUint32(): number;
}

/**
 * What `torch.Generator().manual_seed(seed)` gives: only the low 32 bits of the seed count.
 *
 * @param seed a non-negative safe integer; throws RangeError otherwise.
 */
export function torchGenerator(seed: number): TorchGenerator {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Sample order: the seed is ${seed}, but must be an integer from 0 to 2⁵³ − 1.`);
  }
  const state = new Uint32Array(stateWords);
  state[0] = seed % 0x1_0000_0000;
  for (let i = 1; i < stateWords; i++) {
    const previous = state[i - 1] ?? 0;
    state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
  }
  let position = stateWords;

  function refill(): void {
    for (let i = 0; i < stateWords; i++) {
      const joined = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % stateWords] ?? 0) & 0x7fffffff);
      const twist = (joined & 1) === 1 ? 0x9908b0df : 0;
      state[i] = (state[(i + shiftWords) % stateWords] ?? 0) ^ (joined >>> 1) ^ twist;
    }
    position = 0;
  }

  return {
    nextUint32() {
      if (position === stateWords) refill();
      let word = state[position++] ?? 0;
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      word ^= word >>> 18;
      return word >>> 0;
    },
  };
}

/**
 * `torch.randperm(n, generator=torch.Generator().manual_seed(seed))`: every integer of [0, n) once.
 *
 * @param n an integer in [0, 2³²), where torch draws 32 bits a swap; throws RangeError otherwise.
 */
export function randperm(n: number, seed: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 0x1_0000_0000) {
    throw new RangeError(`Sample order: cannot permute ${n} samples, only 0 to 2³² − 1.`);
  }
  const generator = torchGenerator(seed);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const other = i + (generator.nextUint32() % (n - i));
    const moved = order[i] ?? 0;
    order[i] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
