/** How fast stock tfjs trains on this adapter: one convolution of a middle layer, forward and both gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { EngineDevice } from '../engine/device.ts';
import { runTfjsOn } from './backend.ts';

const batch = 8;
const sizePx = 16;
const channels = 64;
const kernelPx = 3;

/** Seconds tfjs takes for 10⁹ floating-point operations of training; takes well under a second itself. */
export async function measureSecondsPerGflop(engine: EngineDevice): Promise<number> {
  await runTfjsOn(engine);
  const filter = tf.fill<tf.Rank.R4>([kernelPx, kernelPx, channels, channels], 0.01);
  const images = tf.fill<tf.Rank.R4>([batch, sizePx, sizePx, channels], 0.5);
  const once = async () => {
    const [imageGradient, filterGradient] = tf.grads((x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')),
    )([images, filter]);
    await Promise.all([imageGradient?.data(), filterGradient?.data()]);
    tf.dispose([imageGradient, filterGradient].filter((tensor) => tensor !== undefined));
  };
  // The first compiles the pipelines.
  await once();
  const startedMs = performance.now();
  await once();
  const seconds = (performance.now() - startedMs) / 1000;
  tf.dispose([filter, images]);
  const flops = 3 * 2 * batch * sizePx ** 2 * channels ** 2 * kernelPx ** 2;
  return seconds / (flops / 1e9);
}
