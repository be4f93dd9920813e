/**
 * An ordinary tfjs model with one import more: the same numbers, faster. tfjs's own kernels run first, since an
 * import cannot be taken back.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import { createTestDevice } from '../support/gpu.ts';
import { hashUniform, relativeL2 } from '../support/hash.ts';

const batch = 16;
const sizePx = 32;
const classes = 10;

/** Losses of a few steps with `fit`, and how long each took. */
async function train(steps: number): Promise<{ losses: number[]; ms: number[] }> {
  const convolution = (filters: number, strides: number, input?: object) =>
    layers.layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false, ...input });
  const model = layers.sequential({
    layers: [
      convolution(32, 1, { inputShape: [sizePx, sizePx, 3] }),
      layers.layers.batchNormalization(),
      layers.layers.reLU(),
      convolution(64, 2),
      layers.layers.batchNormalization(),
      layers.layers.reLU(),
      convolution(64, 1),
      layers.layers.batchNormalization(),
      layers.layers.reLU(),
      convolution(128, 2),
      layers.layers.batchNormalization(),
      layers.layers.reLU(),
      layers.layers.globalAveragePooling2d({}),
      layers.layers.dense({ units: classes }),
    ],
  });
  model.setWeights(
    model.getWeights().map((weight, i) => {
      const values = hashUniform(weight.size, 50 + i);
      // Filters and the dense layer at He's scale; the rest (γ, β, statistics) as the layers begin.
      if (weight.shape.length === 1) return weight;
      const scale = Math.sqrt(6 / (weight.size / (weight.shape.at(-1) ?? 1)));
      return tf.tensor(
        values.map((value) => value * scale),
        weight.shape,
      );
    }),
  );
  model.compile({
    optimizer: tf.train.momentum(0.01, 0.9),
    loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits),
  });
  const images = tf.tensor4d(hashUniform(batch * sizePx * sizePx * 3, 1), [batch, sizePx, sizePx, 3]);
  const labels = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, i) => i % classes),
      'int32',
    ),
    classes,
  );
  const losses: number[] = [];
  const ms: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    const started = performance.now();
    const history = await model.fit(images, labels, {
      batchSize: batch,
      epochs: 1,
    });
    ms.push(performance.now() - started);
    losses.push(Number(history.history.loss?.[0]));
  }
  model.dispose();
  tf.dispose([images, labels]);
  return { losses, ms };
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

describe('accelerate', { timeout: 300_000 }, () => {
  let stock: Awaited<ReturnType<typeof train>>;
  let stockResults: Float32Array[][];

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
    stock = await train(4);
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

  it('trains a sequential model with the same losses, faster', async () => {
    const ours = await train(4);
    expect(Math.max(...ours.losses.map((loss, i) => Math.abs(loss - (stock.losses[i] ?? NaN))))).toBeLessThan(
      1e-4,
    );
    const ratio = median(stock.ms.slice(1)) / median(ours.ms.slice(1));
    console.info(
      `losses ${ours.losses.map((loss) => loss.toFixed(5)).join(', ')}; ${ratio.toFixed(1)} times faster (${median(stock.ms.slice(1)).toFixed(0)} → ${median(ours.ms.slice(1)).toFixed(0)} ms a step)`,
    );
  });
});
