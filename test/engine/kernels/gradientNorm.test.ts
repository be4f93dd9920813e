/** The gradient's norm over several ranges, against double precision. */
import { describe, expect, it } from 'vitest';
import { gradientNorm, gradientSquares, squaresPartials } from '../../../src/engine/kernels/gradientNorm.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, sameBits } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

const engine = await createTestDevice();
/** The step's parameters up to gradientFactor. */
const step = (gradientFactor: number) => [0, 0, 0, 0, 0, gradientFactor];

async function measure(ranges: readonly Float32Array[], limit: number | null, gradientFactor: number) {
  let partials = new Float32Array(ranges.length * squaresPartials * 4).fill(NaN);
  for (const [range, gradients] of ranges.entries()) {
    const call = gradientSquares(gradients.length, range);
    partials = result(await runKernel(engine, call, [gradients, partials], step(gradientFactor)), 1).slice();
  }
  const call = gradientNorm(ranges.length, limit);
  return result(await runKernel(engine, call, [partials, new Float32Array(4)], step(gradientFactor)), 1);
}

describe.each([[[4]], [[12, 300_004]], [[262_144, 8, 100_000]]])('of ranges of %j elements', (sizes) => {
  const ranges = sizes.map((size, i) => hashUniform(size, i + 1));
  const exact = Math.sqrt(ranges.reduce((sum, values) => values.reduce((s, v) => s + v * v, sum), 0));

  it('equals the exact one, and clips to the limit', async () => {
    for (const gradientFactor of [1, 1 / 1024]) {
      const norm = exact * gradientFactor;
      const limit = norm / 4;
      const [factor = NaN, measured = NaN, finite] = await measure(ranges, limit, gradientFactor);
      expect(measured / norm).toBeCloseTo(1, 5);
      expect((factor / gradientFactor) * (norm + 1e-6)).toBeCloseTo(limit, 5);
      expect(finite).toBe(1);
    }
  });

  it('leaves a shorter one as it is', async () => {
    expect((await measure(ranges, exact * 2, 0.5))[0]).toBe(0.5);
    expect((await measure(ranges, null, 0.5))[0]).toBe(0.5);
  });

  it('sees one element that is not finite, wherever it is', async () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const last = ranges.at(-1)?.slice() ?? new Float32Array(4);
      last[last.length - 1] = value;
      expect((await measure([...ranges.slice(0, -1), last], 1, 1))[2]).toBe(0);
    }
  });

  it('gives the same bits again', async () => {
    expect(sameBits(await measure(ranges, 1, 1), await measure(ranges, 1, 1))).toBe(true);
  });
});
