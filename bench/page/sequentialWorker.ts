/** One tfjs with or without `accelerate`: an import cannot be taken back, so each has a thread of its own. */
import * as tf from '@tensorflow/tfjs-core';
import { expose } from 'comlink';
import { requestEngineDevice } from '../../src/engine/device.ts';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import { sequentialTraining, type SequentialTraining } from './sequentialModel.ts';

let training: SequentialTraining | null = null;

const worker = {
  /** Returns the adapter. Without `accelerated` tfjs has the same device, so only the kernels differ. */
  async open(accelerated: boolean, batch: number): Promise<string> {
    const engine = await requestEngineDevice(navigator.gpu);
    if (accelerated) await import('../../src/tfjs/accelerate.ts');
    await runTfjsOn(engine);
    training = sequentialTraining(batch);
    return engine.adapterName;
  },

  async epoch(): Promise<{ loss: number; ms: number }> {
    if (training === null) throw new Error('open() comes before epoch().');
    return await training.epoch();
  },

  tensors: (): number => tf.memory().numTensors,
};

export type SequentialWorker = typeof worker;
expose(worker);
