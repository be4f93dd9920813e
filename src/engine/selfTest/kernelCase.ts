/** One kernel call with its input and what it must leave behind: what the self-test is made of. */
import type { KernelCall } from '../kernels/kernel.ts';

export interface Expectation {
  /** Index of the buffer, in the order of the kernel's bindings. */
  buffer: number;
  values: ArrayLike<number>;
  /** Turns what the kernel left into what `values` holds, where that is not the buffer itself. */
  of?: (left: Float32Array) => ArrayLike<number>;
}

export interface KernelCase {
  call: KernelCall;
  /** Copied to the GPU, in the order of the bindings. */
  buffers: readonly Float32Array<ArrayBuffer>[];
  /** Values of the step's parameters, for kernels that read them. */
  step: readonly number[] | null;
  expected: readonly Expectation[];
}

/**
 * Largest error of a right kernel. f32 sums of a few hundred products are within 1e-5 of double precision, exp and
 * inverseSqrt of WGSL within a few units in the last place; what is wrong is off by more than a thousandth.
 */
export const tolerance = 2e-4;

/** Largest difference, as a share of the root mean square of what is expected; NaN and missing values are infinite. */
export function worstError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let squares = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const wanted = expected[i] ?? NaN;
    const difference = Math.abs((actual[i] ?? NaN) - wanted);
    squares += wanted * wanted;
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }
  return worst === 0 ? 0 : worst / Math.sqrt(squares / expected.length);
}

/** Sums partials [share][elements] over the shares. */
export function summed(elements: number): (partials: Float32Array) => Float64Array {
  return (partials) => {
    const total = new Float64Array(elements);
    partials.forEach((value, i) => {
      total[i % elements] = (total[i % elements] ?? 0) + value;
    });
    return total;
  };
}
