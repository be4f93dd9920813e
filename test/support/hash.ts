/** Numbers for tests, and how far two arrays are apart. */
export { hashUniform } from '../../src/engine/selfTest/noise.ts';

/** ‖a − b‖ / ‖b‖. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i += 1) {
    difference += ((actual[i] ?? NaN) - (expected[i] ?? NaN)) ** 2;
    norm += (expected[i] ?? NaN) ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Whether two arrays hold the same bits; quicker than toEqual for millions of values. */
export function sameBits(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  const bytes = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return bytes(a).equals(bytes(b));
}
