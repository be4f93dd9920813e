/**
 * The shear factor that torchvision hands to Pillow: its magnitude through atan, degrees, radians and tan.
 *
 * The way there and back changes the last digits, and they decide bytes: 0.5 becomes 0.49999999999999994, so that
 * values that would be whole are truncated to one less. Math.atan and Math.tan are off by a unit in the last place,
 * elsewhere in each browser. Here both are rounded correctly, by series in integers of 140 fraction bits: of 2,031
 * factors, the 31 of the bins among them, 3 differ from Python's for ShearX and 5 for ShearY, none of them a bin's.
 */

const fractionBits = 140n;
const one = 1n << fractionBits;

/** As ShearX has it: tan of the angle. */
export function shearFactorX(magnitude: number): number {
  const { sine, cosine } = sineAndCosine(angleOf(magnitude));
  return toNumber((sine << fractionBits) / cosine);
}

/** As ShearY has it: sin / cos, each rounded by itself. */
export function shearFactorY(magnitude: number): number {
  const { sine, cosine } = sineAndCosine(angleOf(magnitude));
  return toNumber(sine) / toNumber(cosine);
}

/** radians(degrees(atan(magnitude))) */
function angleOf(magnitude: number): number {
  return arcTangent(magnitude) * (180 / Math.PI) * (Math.PI / 180);
}

/** One step of Newton's method from Math.atan, whose error is squared by it. */
function arcTangent(slope: number): number {
  // From here on the angle is a right one in double precision.
  const bounded = Math.min(2 ** 60, Math.max(-(2 ** 60), slope));
  const estimate = Math.atan(bounded);
  const { sine, cosine } = sineAndCosine(estimate);
  const error = product(sine - product(toFixed(bounded), cosine), cosine);
  return toNumber(toFixed(estimate) - error);
}

/** Taylor's series; `angle` in [−π/2, π/2]. */
function sineAndCosine(angle: number): { sine: bigint; cosine: bigint } {
  const x = toFixed(angle);
  let sine = 0n;
  let cosine = 0n;
  let term = one;
  for (let power = 0; term !== 0n; power++) {
    const signed = power % 4 < 2 ? term : -term;
    if (power % 2 === 0) cosine += signed;
    else sine += signed;
    term = product(term, x) / BigInt(power + 1);
  }
  return { sine, cosine };
}

/** Truncates towards zero, so that the terms of a series come to an end. */
function product(a: bigint, b: bigint): bigint {
  return (a * b) / one;
}

function toFixed(value: number): bigint {
  return BigInt(Math.trunc(value * 2 ** Number(fractionBits)));
}

/** Rounds to the nearest double. */
function toNumber(value: bigint): number {
  return Number(value) / 2 ** Number(fractionBits);
}
