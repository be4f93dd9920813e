/**
 * Where Pillow's AutoContrast falls short of the exact quotient, for a GPU that has no doubles.
 *
 * Pillow 9.4 (ImageOps.autocontrast) computes trunc(v · s − lo · s) with s = 255 / (hi − lo) in double. The exact
 * value 255 (v − lo) / (hi − lo) is at least 1 / 255 away from the next whole number unless it is one, so only there
 * can rounding matter: the result is then the whole number or 1 less.
 */

const levels = 256;

function greatestCommonDivisor(first: number, second: number): number {
  return second === 0 ? first : greatestCommonDivisor(second, first % second);
}

/** Pillow's byte for a value in [low, high], low < high. */
export function autoContrastByte(value: number, low: number, high: number): number {
  const scale = 255 / (high - low);
  return Math.min(255, Math.max(0, Math.trunc(value * scale + -low * scale)));
}

/**
 * First, for each span = high − low, the bit where its part begins; then, for each low from 0, gcd(255, span) + 1
 * bits: for each k, whether the value low + k · span / gcd comes out 1 less than 255 k / gcd.
 */
export function autoContrastCorrections(): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(levels);
  let end = levels * 32;
  for (let span = 1; span < levels; span++) {
    starts[span] = end;
    end += (levels - span) * (greatestCommonDivisor(255, span) + 1);
  }
  const words = new Uint32Array(Math.ceil(end / 32));
  words.set(starts);
  for (let span = 1; span < levels; span++) {
    const divisor = greatestCommonDivisor(255, span);
    let bit = starts[span] ?? 0;
    for (let low = 0; low + span < levels; low++) {
      for (let k = 0; k <= divisor; k++, bit++) {
        const isShort = autoContrastByte(low + (k * span) / divisor, low, low + span) < (255 * k) / divisor;
        const word = bit >>> 5;
        if (isShort) words[word] = (words[word] ?? 0) | (1 << (bit & 31));
      }
    }
  }
  return words;
}
