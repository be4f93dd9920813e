/**
 * `import '…/tfjs/accelerate.ts'` after tfjs and its WebGPU backend, before the first tensor: from then on
 * convolutions, forward and both gradients, and the training of tf.layers' batch normalisation run on the engine's
 * kernels, in any model. What those do not cover goes to tfjs's own code as before.
 *
 * The results are the same sums in another order: equal within float32 rounding, and the same bits every time.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { requestEngineDevice } from '../engine/device.ts';
import { accelerateBatchNormalization } from './accelerated/batchNormalization.ts';
import { accelerateConvolutions } from './accelerated/convolution.ts';

/** tfjs's own priority of the WebGPU backend: before WebGL and the processor. */
const backendPriority = 3;

// tfjs asks for a device without the features that the faster variants need. A backend that runs already keeps
// its device.
// The types promise a backend.
if ((tf.findBackend('webgpu') as tf.KernelBackend | null) === null) {
  tf.removeBackend('webgpu');
  tf.registerBackend(
    'webgpu',
    async () => {
      const engine = await requestEngineDevice(navigator.gpu);
      return new WebGPUBackend(engine.device, engine.adapterInfo);
    },
    backendPriority,
  );
}

accelerateConvolutions();
accelerateBatchNormalization();
