/**
 * An ordinary tfjs model with one import more: the same numbers, faster. tfjs's own kernels run first, since an
 * import cannot be taken back.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { sequentialTraining } from '../../bench/page/sequentialModel.ts';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import { createTestDevice } from '../support/gpu.ts';
import { hashUniform, relativeL2, sameBits } from '../support/hash.ts';
import { patience } from '../support/patience.ts';

const batch = 16;

/** Losses of a few epochs of `fit`, how long each took, and the weights at the end. */
async function train(epochs: number): Promise<{ losses: number[]; ms: number[]; weights: Float32Array }> {
  const training = sequentialTraining(batch);
  const results: { loss: number; ms: number }[] = [];
  for (let epoch = 0; epoch < epochs; epoch += 1) results.push(await training.epoch());
  const weights = await training.weights();
  training.dispose();
  return { losses: results.map(({ loss }) => loss), ms: results.map(({ ms }) => ms), weights };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** [batch, height, width, in, out, kernel, stride, pad] */
const shapes = [
  [2, 7, 9, 3, 5, 3, 1, 'same'],
  [1, 8, 8, 8, 12, 3, 2, 'same'],
  [2, 9, 6, 4, 4, 5, 2, 'valid'],
  [3, 5, 5, 1, 7, 1, 1, 'valid'],
  [1, 11, 10, 6, 16, 3, 3, 'same'],
  [2, 6, 6, 12, 8, 2, 2, 'same'],
] as const;

/** Activations and bias of tf.fused.conv2d, which tf.layers calls. */
async function fusedConvolutions(): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  for (const activation of ['linear', 'relu', 'elu'] as const) {
    const x = tf.tensor4d(hashUniform(2 * 7 * 6 * 5, 11), [2, 7, 6, 5]);
    const filter = tf.tensor4d(hashUniform(3 * 3 * 5 * 6, 12), [3, 3, 5, 6]);
    const bias = tf.tensor1d(hashUniform(6, 13));
    const y = tf.fused.conv2d({ x, filter, strides: 2, pad: 'same', bias, activation });
    results.push((await y.data()) as Float32Array);
  }
  return results;
}

/** [input shape, axis]: whole vectors, a partial tile, a dense layer's, three axes; channels that tfjs keeps. */
const normalised = [
  [[3, 5, 7, 8], -1],
  [[2, 4, 4, 12], 3],
  [[9, 16], -1],
  [[4, 7, 8], 2],
  [[2, 5, 5, 6], -1],
] as const;

/** The layer's output, its gradients with respect to input, γ and β, and the moving statistics it leaves. */
async function normalise([shape, axis]: (typeof normalised)[number]): Promise<Float32Array[]> {
  const layer = layers.layers.batchNormalization({ axis, epsilon: 1e-2, momentum: 0.7 });
  const size = tf.util.sizeFromShape([...shape]);
  // Far from zero, so that a variance by Σx² − (Σx)² would show.
  const x = tf.tensor(
    hashUniform(size, 21).map((value) => 3 * value + 20),
    [...shape],
  );
  layer.apply(x);
  const [gamma, beta, ...moving] = layer.getWeights();
  layer.setWeights([
    tf.tensor1d(hashUniform(gamma?.size ?? 0, 22)),
    tf.tensor1d(hashUniform(beta?.size ?? 0, 23)),
    ...moving,
  ]);
  const dy = tf.tensor(hashUniform(size, 24), [...shape]);
  const output = (input: tf.Tensor) => layer.apply(input, { training: true }) as tf.Tensor;
  const { grads } = tf.variableGrads(() => tf.sum(tf.mul(output(x), dy)));
  const dx = tf.grad((input: tf.Tensor) => tf.mul(output(input), dy))(x);
  const all = [output(x), dx, ...Object.values(grads), ...layer.getWeights()];
  return (await Promise.all(all.map((tensor) => tensor.data()))) as Float32Array[];
}

describe('accelerate', { timeout: patience(300_000) }, () => {
  let stock: Awaited<ReturnType<typeof train>>;
  let stockResults: Float32Array[][];
  let stockFused: Float32Array[];
  let stockNormalised: Float32Array[][];

  const convolve = async (): Promise<Float32Array[][]> => {
    const results: Float32Array[][] = [];
    for (const [b, height, width, input, output, kernel, stride, pad] of shapes) {
      const x = tf.tensor4d(hashUniform(b * height * width * input, 3), [b, height, width, input]);
      const w = tf.tensor4d(hashUniform(kernel * kernel * input * output, 4), [
        kernel,
        kernel,
        input,
        output,
      ]);
      const y = tf.conv2d(x, w, stride, pad);
      const dy = tf.tensor(hashUniform(y.size, 5), y.shape);
      const gradients = tf.grads((a: tf.Tensor, c: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, c as tf.Tensor4D, stride, pad),
      );
      const all = [y, ...gradients([x, w], dy)];
      results.push((await Promise.all(all.map((tensor) => tensor.data()))) as Float32Array[]);
    }
    return results;
  };

  beforeAll(async () => {
    await runTfjsOn(await createTestDevice());
    stockResults = await convolve();
    stockFused = await fusedConvolutions();
    stockNormalised = [];
    for (const layer of normalised) stockNormalised.push(await normalise(layer));
    stock = await train(5);
    await import('../../src/tfjs/accelerate.ts');
  });

  it.each(shapes.map((shape, i) => [i, shape] as const))(
    'convolution %i, %j: as tfjs, forward and both gradients',
    async (i) => {
      const results = (await convolve())[i] ?? [];
      results.forEach((values, pass) => {
        expect(relativeL2(values, stockResults[i]?.[pass] ?? [])).toBeLessThan(1e-6);
      });
    },
  );

  it('fused convolutions: as tfjs, with bias and activation', async () => {
    const results = await fusedConvolutions();
    results.forEach((values, i) => {
      expect(relativeL2(values, stockFused[i] ?? [])).toBeLessThan(1e-6);
    });
  });

  it.each(normalised.map((layer, i) => [i, layer] as const))(
    'batch normalisation %i, %j: output, gradients and moving statistics as tfjs',
    async (i, layer) => {
      const results = await normalise(layer);
      expect(results).toHaveLength(stockNormalised[i]?.length ?? NaN);
      results.forEach((values, part) => {
        // Values of 20 ± 3 lose 20/3 of f32's precision in x − mean, in either.
        expect(relativeL2(values, stockNormalised[i]?.[part] ?? [])).toBeLessThan(1e-5);
      });
    },
  );

  it('uses the engine’s batch norm where its channels are whole vectors, else tfjs’s', async () => {
    for (const [channels, kernel] of [
      [8, 'TabtrainBatchNormTraining'],
      [6, 'FusedBatchNorm'],
    ] as const) {
      const layer = layers.layers.batchNormalization();
      const input = tf.ones([2, 3, 3, channels]);
      const { kernelNames } = await tf.profile(() => layer.apply(input, { training: true }) as tf.Tensor);
      expect(kernelNames.filter((name) => name.includes('BatchNorm'))).toEqual([kernel]);
    }
  });

  it('trains a sequential model with the same losses, faster, and the same bits every time', async () => {
    const ours = await train(5);
    const again = await train(5);
    expect(Math.max(...ours.losses.map((loss, i) => Math.abs(loss - (stock.losses[i] ?? NaN))))).toBeLessThan(
      1e-4,
    );
    expect(relativeL2(ours.weights, stock.weights)).toBeLessThan(1e-4);
    expect(sameBits(ours.weights, again.weights)).toBe(true);
    const ratio = median(stock.ms.slice(1)) / median(ours.ms.slice(1));
    console.info(
      `losses ${ours.losses.map((loss) => loss.toFixed(5)).join(', ')}; ${ratio.toFixed(1)} times faster (${median(stock.ms.slice(1)).toFixed(0)} → ${median(ours.ms.slice(1)).toFixed(0)} ms a step)`,
    );
  });
});
