/** Batch norm's kernels against its formulas in double precision. */
import { describe, expect, it } from 'vitest';
import {
  batchNormApply,
  batchNormRunning,
  batchNormStatistics,
} from '../../../src/engine/kernels/batchNorm.ts';
import {
  activationGradient,
  batchNormGradients,
  batchNormInputGradient,
  gradientTiles,
} from '../../../src/engine/kernels/batchNormGradient.ts';
import {
  referenceMoments,
  referenceNorm,
  referenceNormalised,
  referenceNormGradients,
  referenceNormInputGradient,
  referencePartials,
  type NormReference,
} from '../../../src/engine/selfTest/layerReference.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { hashUniform, relativeL2 } from '../../support/hash.ts';
import { result, runKernel } from '../../support/kernels.ts';

const engine = await createTestDevice();

/** [rows, channels]: one tile, an unfinished tile, one vector, more tiles than slices. */
const sizes = [
  [2, 4],
  [37, 8],
  [64, 36],
  [1100, 12],
] as const;

/** Values far from zero, so that a variance by Σy² − (Σy)² would show. */
function layer(rows: number, channels: number, salt: number): NormReference {
  const y = hashUniform(rows * channels, salt).map((value, at) => 30 + (at % channels) + value);
  return referenceNorm(y, hashUniform(channels, salt + 1), hashUniform(channels, salt + 2));
}

describe.each(sizes)('batch norm over %i rows of %i channels', (rows, channels) => {
  const main = layer(rows, channels, 10);
  const other = layer(rows, channels, 20);
  const moments = referenceMoments(main);
  const at = (values: ArrayLike<number>, i: number) => values[i] ?? NaN;

  it('merges partials, and moves the running statistics as torch does', async () => {
    const tileRows = 8;
    const tiles = Math.ceil(rows / tileRows);
    const running = {
      mean: hashUniform(channels, 30),
      variance: hashUniform(channels, 31).map((v) => v + 2),
    };
    const buffers = [
      ...[
        Float32Array.from(referencePartials(main.y, channels, tileRows)),
        main.gamma,
        main.beta,
        running.mean,
        running.variance,
      ],
      new Float32Array(4 * channels),
    ];
    const call = batchNormStatistics(rows, channels, { tiles, tileRows });
    const moved = await runKernel(engine, call, buffers, [0, 0, 1]);
    expect(relativeL2(result(moved, 5), moments)).toBeLessThan(1e-5);
    const mean = main.mean.map((value, c) => 0.9 * at(running.mean, c) + 0.1 * value);
    const variance = main.variance.map(
      (value, c) => 0.9 * at(running.variance, c) + (0.1 * value * rows) / (rows - 1),
    );
    expect(relativeL2(result(moved, 3), mean)).toBeLessThan(1e-6);
    expect(relativeL2(result(moved, 4), variance)).toBeLessThan(1e-6);
    const kept = await runKernel(engine, call, buffers, [0, 0, 0]);
    expect(result(kept, 3)).toEqual(running.mean);
    expect(result(kept, 4)).toEqual(running.variance);
  });

  it('takes moments from running statistics', async () => {
    const results = await runKernel(engine, batchNormRunning(channels), [
      ...[main.gamma, main.beta, Float32Array.from(main.mean), Float32Array.from(main.variance)],
      new Float32Array(4 * channels),
    ]);
    expect(relativeL2(result(results, 4), moments)).toBeLessThan(1e-6);
  });

  it.each(['none', 'activation', 'batchNorm'] as const)('normalises, with residual %s', async (residual) => {
    const out = new Float32Array(rows * channels);
    const extra = { none: [], activation: [other.y], batchNorm: [other.y, referenceMoments(other)] }[
      residual
    ];
    for (const relu of [true, false]) {
      const call = batchNormApply(rows, channels, residual, relu);
      const results = await runKernel(engine, call, [main.y, moments, out, ...extra]);
      const normalised = (norm: NormReference, i: number) =>
        referenceNormalised(norm, i) * at(norm.gamma, i % channels) + at(norm.beta, i % channels);
      const expected = Float64Array.from(out, (_, i) => {
        const added = { none: 0, activation: at(other.y, i), batchNorm: normalised(other, i) }[residual];
        const value = normalised(main, i) + added;
        return relu ? Math.max(value, 0) : value;
      });
      expect(relativeL2(result(results, 2), expected)).toBeLessThan(2e-5);
    }
  });

  it('sums what an activation is handed back, and passes it through the ReLU', async () => {
    const activation = hashUniform(rows * channels, 40).map((value) => Math.max(value, 0));
    const gradients = [hashUniform(rows * channels, 41), hashUniform(rows * channels, 42)] as const;
    // Two images where the rows divide.
    const batch = rows % 2 === 0 ? 2 : 1;
    const pixels = rows / batch;
    const pooled = hashUniform(batch * channels, 43);
    const tiles = gradientTiles(rows);
    const partials = new Float32Array(tiles * 2 * channels);
    const sources = { tensors: 2, pooled: true, batchNorms: 2 } as const;
    const results = await runKernel(engine, activationGradient(batch, pixels, channels, sources), [
      ...[activation, new Float32Array(activation.length), ...gradients, pooled],
      ...[main.y, moments, partials, other.y, referenceMoments(other), partials],
    ]);
    const dz = Float64Array.from(activation, (value, i) => {
      const image = Math.floor(i / channels / pixels);
      const mean = at(pooled, image * channels + (i % channels)) / pixels;
      return value > 0 ? at(gradients[0], i) + at(gradients[1], i) + mean : 0;
    });
    expect(relativeL2(result(results, 1), dz)).toBeLessThan(1e-6);
    for (const [norm, buffer] of [
      [main, 7],
      [other, 10],
    ] as const) {
      const { dgamma, dbeta } = referenceNormGradients(dz, norm);
      const left = result(results, buffer);
      const total = new Float64Array(2 * channels);
      left.forEach((value, i) => {
        total[i % total.length] = at(total, i % total.length) + value;
      });
      expect(relativeL2(total, [...dbeta, ...dgamma])).toBeLessThan(1e-4);
    }
  });

  it('gives the gradient of γ, β and its input', async () => {
    const dz = hashUniform(rows * channels, 50);
    const { dgamma, dbeta } = referenceNormGradients(dz, main);
    const before = hashUniform(2 * channels, 51);
    const call = batchNormGradients(rows, channels, 1);
    const buffers = [
      ...[Float32Array.from([...dbeta, ...dgamma]), moments, new Float32Array(3 * channels)],
      ...[before.slice(0, channels), before.slice(channels)],
    ];
    const replaced = await runKernel(engine, call, buffers, [0]);
    expect(relativeL2(result(replaced, 3), dgamma)).toBeLessThan(1e-6);
    expect(relativeL2(result(replaced, 4), dbeta)).toBeLessThan(1e-6);
    const added = await runKernel(engine, call, buffers, [1]);
    expect(
      relativeL2(
        result(added, 3),
        dgamma.map((value, c) => value + at(before, c)),
      ),
    ).toBeLessThan(1e-6);

    const coefficients = result(replaced, 2);
    const input = batchNormInputGradient(rows, channels, false);
    const [, dy] = await runKernel(engine, input, [
      dz,
      new Float32Array(dz.length),
      moments,
      main.y,
      coefficients,
    ]);
    const expected = referenceNormInputGradient(dz, main);
    // Two rows: x̂ is ±1 and what is left of dz is of the order of ε.
    if (rows > 2) expect(relativeL2(dy ?? [], expected)).toBeLessThan(1e-4);
    else expect(Math.max(...(dy ?? []).map(Math.abs))).toBeLessThan(1e-2);

    const [, frozen] = await runKernel(engine, batchNormInputGradient(rows, channels, true), [
      dz,
      new Float32Array(dz.length),
      moments,
    ]);
    expect(
      relativeL2(
        frozen ?? [],
        dz.map((value, i) => value * at(moments, 2 * channels + (i % channels))),
      ),
    ).toBeLessThan(1e-6);
  });
});
