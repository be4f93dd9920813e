/** Kernels against tfjs's operations on the same device: seeded shapes, and how far two float32 results may differ. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { expect } from 'vitest';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import type { EngineDevice } from '../../src/engine/device.ts';
import { createTestDevice } from './gpu.ts';
import { hashUniform } from './hash.ts';

/** Half the distance from 1 to the next float32: the relative error of one operation. */
export const roundoff = 2 ** -24;

/** The test process's device, with tfjs on it. */
export async function createOracleDevice(): Promise<EngineDevice> {
  const engine = await createTestDevice();
  await runTfjsOn(engine);
  return engine;
}

/**
 * Error of a float32 sum of n products in any order, relative to the sum of their absolute values. With rounding errors
 * as independent variables it is below λ·√n·u but with probability 2n·exp(−λ²/2) (Higham, Mary 2019, theorem 2.4);
 * λ = 6 leaves 1e-4 for the longest sum here, and one value of a convolution missing is more than that.
 */
export function sumError(terms: number): number {
  return 6 * Math.sqrt(terms + 1) * roundoff;
}

/** What tfjs computes; frees everything else. */
export async function tfjsValues<Name extends string>(
  compute: () => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const tensors = tf.tidy(compute);
  const entries = await Promise.all(
    Object.entries<tf.Tensor>(tensors).map(async ([name, tensor]) => [name, await tensor.data()] as const),
  );
  tf.dispose(tensors);
  return Object.fromEntries(entries) as Record<Name, Float32Array>;
}

/** @param bound the largest difference for each value, or for all */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: ArrayLike<number> | number,
): void {
  expect(actual.length).toBe(expected.length);
  let worst = { at: -1, share: 0, actual: NaN, expected: NaN, bound: NaN };
  for (let at = 0; at < expected.length; at += 1) {
    const values = { actual: actual[at] ?? NaN, expected: expected[at] ?? NaN };
    const allowed = typeof bound === 'number' ? bound : (bound[at] ?? NaN);
    const difference = Math.abs(values.actual - values.expected);
    const share = difference === 0 ? 0 : difference / allowed;
    // A NaN is the worst of all.
    if (!(share <= worst.share)) worst = { at, share, ...values, bound: allowed };
  }
  expect(worst.share, JSON.stringify(worst)).toBeLessThanOrEqual(1);
}

/** Seeded choices for a shape. */
export function choices(seed: number): {
  between: (low: number, high: number) => number;
  pick: <T>(options: readonly [T, ...T[]]) => T;
} {
  const draws = hashUniform(64, 7000 + seed);
  let next = 0;
  const between = (low: number, high: number) => {
    const draw = ((draws[next] ?? 0) + 1) / 2;
    next += 1;
    return low + Math.floor(draw * (high - low + 1));
  };
  return { between, pick: (options) => options[between(0, options.length - 1)] ?? options[0] };
}
