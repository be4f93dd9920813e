/**
 * Draws from the symmetric Beta distribution, what torch._sample_dirichlet([α, α]) gives the first of.
 *
 * Sources: Jöhnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen" (Metrika 8, 1964), for α ≤ 1;
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM TOMS 26, 2000), for α > 1.
 */
import type { RandomStream } from '../../recipe/random.ts';

type Draws = Pick<RandomStream, 'uniform' | 'normal'>;

/**
 * A value in [0, 1] from Beta(α, α).
 * @throws RangeError unless α is finite and greater than 0
 */
export function drawSymmetricBeta(alpha: number, random: Draws): number {
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new RangeError(`Beta distribution: α is ${alpha}, but must be a number greater than 0.`);
  }
  if (alpha <= 1) return johnk(alpha, random);
  const first = gamma(alpha, random);
  const sum = first + gamma(alpha, random);
  // From 9e307 on the sum overflows; what is drawn is one half, to all digits, from far smaller α on.
  return sum === Infinity ? 0.5 : first / sum;
}

/**
 * U^(1/α) / (U^(1/α) + V^(1/α)) where that sum is at most 1; at least every other pair of uniforms is. In
 * logarithms, since small α make both powers 0 in double precision.
 */
function johnk(alpha: number, random: Draws): number {
  for (;;) {
    const logU = logUniform(random);
    const logV = logUniform(random);
    const first = logU / alpha;
    const second = logV / alpha;
    const larger = Math.max(first, second);
    // Both quotients overflow, with α under about 1e-307: the larger power is all of the sum.
    if (larger === -Infinity) return logU > logV ? 1 : 0;
    const logSum = larger + Math.log1p(Math.exp(Math.min(first, second) - larger));
    if (logSum <= 0) return Math.exp(first - logSum);
  }
}

/** Gamma(α, 1) for α ≥ 1. */
function gamma(alpha: number, random: Draws): number {
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const cube = (1 + c * normal) ** 3;
    if (cube <= 0) continue;
    if (logUniform(random) < (normal * normal) / 2 + d * (1 - cube + Math.log(cube))) return d * cube;
  }
}

/** Of a uniform in (0, 1]: the logarithm of 0 is not finite. */
function logUniform(random: Draws): number {
  return Math.log(1 - random.uniform());
}
