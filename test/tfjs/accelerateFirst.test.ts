/** `accelerate` imported before tf.layers, in a process of its own: the layer uses the engine's kernels all the same. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import { createTestDevice } from '../support/gpu.ts';

it('accelerates a layer that is registered later', async () => {
  await runTfjsOn(await createTestDevice());
  await import('../../src/tfjs/accelerate.ts');
  const layers = await import('@tensorflow/tfjs-layers');
  const layer = layers.layers.batchNormalization();
  const input = tf.ones([2, 3, 3, 8]);
  const { kernelNames } = await tf.profile(() => layer.apply(input, { training: true }) as tf.Tensor);
  expect(kernelNames).toContain('TabtrainBatchNormTraining');
  // tf.layers finds the class there when it loads a model.
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  expect(classNameMap.BatchNormalization?.[0].className).toBe('BatchNormalization');
});
