/** An ordinary tf.sequential classifier as a tfjs user would train it with `model.fit`: four convolutions with batch norm. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import * as layers from '@tensorflow/tfjs-layers';
import { hashUniform } from '../../test/support/hash.ts';

const sizePx = 32;
const classes = 10;

export interface SequentialTraining {
  /** Trains one epoch of the same images, in one batch; the loss, and how long `fit` took. */
  epoch: () => Promise<{ loss: number; ms: number }>;
  /** All weights and moving statistics, one after the other. */
  weights: () => Promise<Float32Array>;
  dispose: () => void;
}

/**
 * The model with its weights and images, which are the same every time; needs a tfjs backend.
 * @param batch images, 32 px a side
 */
export function sequentialTraining(batch: number): SequentialTraining {
  const block = (filters: number, strides: number, input?: object) => [
    layers.layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false, ...input }),
    layers.layers.batchNormalization(),
    layers.layers.reLU(),
  ];
  const model = layers.sequential({
    layers: [
      ...block(32, 1, { inputShape: [sizePx, sizePx, 3] }),
      ...block(64, 2),
      ...block(64, 1),
      ...block(128, 2),
      layers.layers.globalAveragePooling2d({}),
      layers.layers.dense({ units: classes }),
    ],
  });
  model.setWeights(model.getWeights().map(initialWeight));
  model.compile({
    optimizer: tf.train.momentum(0.01, 0.9),
    loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits),
  });
  const images = tf.tensor4d(hashUniform(batch * sizePx * sizePx * 3, 1), [batch, sizePx, sizePx, 3]);
  const indices = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const labels = tf.oneHot(tf.tensor1d(indices, 'int32'), classes);
  return {
    epoch: async () => {
      const started = performance.now();
      const { history } = await model.fit(images, labels, { batchSize: batch, epochs: 1, shuffle: false });
      return { loss: Number(history.loss?.[0]), ms: performance.now() - started };
    },
    weights: async () => {
      const values = await Promise.all(model.getWeights().map((weight) => weight.data()));
      return Float32Array.from(values.flatMap((part) => [...part]));
    },
    dispose: () => {
      model.dispose();
      tf.dispose([images, labels]);
    },
  };
}

/** Filters and the dense layer at He's scale; the rest (γ, β, bias, statistics) as the layers begin. */
function initialWeight(weight: tf.Tensor, index: number): tf.Tensor {
  if (weight.shape.length === 1) return weight;
  const scale = Math.sqrt(6 / (weight.size / (weight.shape.at(-1) ?? 1)));
  return tf.tensor(
    hashUniform(weight.size, 50 + index).map((value) => value * scale),
    weight.shape,
  );
}
