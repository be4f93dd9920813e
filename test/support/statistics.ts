/** p values of goodness-of-fit tests, for draws with fixed seeds. */

/** ln Γ(x) for x > 0 (Lanczos, g = 7; Numerical Recipes §6.1). */
export function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  let sum = 0.9999999999998099;
  coefficients.forEach((coefficient, i) => (sum += coefficient / (x + i)));
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Distribution function of Beta(a, b): the continued fraction of Numerical Recipes §6.4. */
export function betaDistribution(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaDistribution(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  const tiny = 1e-300;
  const safe = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / safe(1 + even * d);
    c = safe(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / safe(1 + odd * d);
    c = safe(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return (front * fraction) / a;
}

/** P(χ² of this many degrees of freedom > value), by the series of the incomplete gamma function. */
export function chiSquareP(value: number, degrees: number): number {
  const [a, x] = [degrees / 2, value / 2];
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-16; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return 1 - sum * Math.exp(a * Math.log(x) - x - logGamma(a));
}

/** p of counts against equal chances of every cell. */
export function uniformCountsP(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const value = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareP(value, counts.length - 1);
}

/** Kolmogorov's limit distribution, with Stephens's correction for finite samples. */
function kolmogorovP(distance: number, samples: number): number {
  const root = Math.sqrt(samples);
  const scaled = (root + 0.12 + 0.11 / root) * distance;
  let sum = 0;
  for (let k = 1; k < 101; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * scaled * scaled);
  return Math.min(1, Math.max(0, 2 * sum));
}

/** p of samples against a continuous distribution. */
export function kolmogorovSmirnovP(samples: readonly number[], distribution: (x: number) => number): number {
  const sorted = Float64Array.from(samples).sort();
  let distance = 0;
  sorted.forEach((value, i) => {
    const expected = distribution(value);
    const [below, upTo] = [i / sorted.length, (i + 1) / sorted.length];
    distance = Math.max(distance, expected - below, upTo - expected);
  });
  return kolmogorovP(distance, sorted.length);
}

/** p of two samples having one distribution. */
export function twoSampleP(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [first, second].map((samples) => Float64Array.from(samples).sort()) as [
    Float64Array,
    Float64Array,
  ];
  let distance = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    // Equal values count on both sides before the distributions are compared.
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return kolmogorovP(distance, (a.length * b.length) / (a.length + b.length));
}
