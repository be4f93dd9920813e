/**
 * tfjs on our own GPU device.
 *
 * The stock factory of the backend makes a device of its own, without the features and limits the rest uses,
 * and buffers cannot cross devices. Imports the gradients, which tfjs-core alone does not register.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { EngineDevice } from '../engine/device.ts';

let current: GPUDevice | null = null;

/** Makes tfjs run on this device from now on, for every tensor of this thread. */
export async function runTfjsOn(engine: EngineDevice): Promise<void> {
  // A new backend would make every tensor of the old one useless.
  if (current === engine.device) return;
  if (tf.engine().registryFactory.webgpu !== undefined) tf.removeBackend('webgpu');
  const backend = new WebGPUBackend(engine.device, engine.adapterInfo);
  tf.registerBackend('webgpu', () => backend);
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not use the GPU device.');
  await tf.ready();
  current = engine.device;
}
