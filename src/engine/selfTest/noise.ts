/** Numbers that depend only on their index: the same in the self-test, in tests, and in scripts/goldens/*.py. */

/** Hash-uniform f32 values in [-1, 1): murmur3's finaliser over the index and a salt, upper 24 bits. */
export function hashUniform(count: number, salt: number): Float32Array<ArrayBuffer> {
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
