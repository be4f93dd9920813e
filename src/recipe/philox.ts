/**
 * Philox 4×32-10, the counter-based random generator: a bijection of 128 bits under a 64-bit key, so that
 * any draw can be made alone, without the draws before it.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011) and its
 * Random123 library, whose known-answer vectors are in test/recipe/philox.test.ts.
 */

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
/** The golden ratio and √3 − 1 as 32-bit fractions: what the key grows by each round. */
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit integers (as a signed int32 bit pattern). */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Every sum below is under 2³²: exact in a double, and whole after `>>>`.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + (middle >>> 16) + (middleLow >>> 16)) | 0;
}

/**
 * Encrypts one counter block. All words are 32-bit integers, signed or unsigned alike.
 *
 * @param out receives the four unsigned words.
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
