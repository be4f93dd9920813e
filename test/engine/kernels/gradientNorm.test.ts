/** The gradient's norm over several ranges, against double precision. */
import { describe, expect, it } from 'vitest';
import { gradientNorm, gradientSquares, squaresPartials } from '../../../src/engine/kernels/gradientNorm.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, sameBits } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

const engine = await createTestDevice();

async function measure(ranges: readonly Float32Array[], limit: number) {
  let partials = new Float32Array(ranges.length * squaresPartials * 4).fill(NaN);
  for (const [range, gradients] of ranges.entries()) {
    const call = gradientSquares(gradients.length, range);
    partials = result(await runKernel(engine, call, [gradients, partials]), 1).slice();
  }
  return result(
    await runKernel(engine, gradientNorm(ranges.length, limit), [partials, new Float32Array(4)]),
    1,
  );
}

describe.each([[[4]], [[12, 300_004]], [[262_144, 8, 100_000]]])('of ranges of %j elements', (sizes) => {
  const ranges = sizes.map((size, i) => hashUniform(size, i + 1));
  const exact = Math.sqrt(ranges.reduce((sum, values) => values.reduce((s, v) => s + v * v, sum), 0));

  it('equals the exact one, and clips to the limit', async () => {
    const limit = exact / 4;
    const [factor = NaN, measured = NaN] = await measure(ranges, limit);
    expect(measured / exact).toBeCloseTo(1, 5);
    expect((factor * (exact + 1e-6)) / limit).toBeCloseTo(1, 5);
  });

  it('leaves a shorter one as it is', async () => {
    expect((await measure(ranges, exact * 2))[0]).toBe(1);
  });

  it('gives the same bits again', async () => {
    expect(sameBits(await measure(ranges, 1), await measure(ranges, 1))).toBe(true);
  });
});
