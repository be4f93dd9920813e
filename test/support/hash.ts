/** Numbers that scripts/goldens/*.py compute with the same formula, so that goldens hold only results. */

/** Hash-uniform f32 values in [-1, 1): murmur3's finaliser over the index and a salt, upper 24 bits. */
export function hashUniform(count: number, salt: number): Float32Array {
  const values = new Float32Array(count);
  const offset = Math.imul(salt, 0x85ebca77);
  for (let i = 0; i < count; i += 1) {
    let x = (Math.imul(i, 0x9e3779b1) + offset) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 0;
    values[i] = (x >>> 8) / 2 ** 23 - 1;
  }
  return values;
}

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
