/** The trainer's thread: it owns the GPU device, the weights and the runs. */
import * as Comlink from 'comlink';
import { DecodePool } from '../src/data/decodePool.ts';
import { IndexedDbSampleSource } from '../src/data/indexedDbSource.ts';
import { requestEngineDevice } from '../src/engine/device.ts';
import { decodePicture } from '../src/inspect/browserPicture.ts';
import type { TrainerApi } from '../src/protocol.ts';
import { IndexedDbRunStore } from '../src/train/indexedDbRunStore.ts';
import { TrainerService } from '../src/train/trainerService.ts';
import { TuningStore } from '../src/train/tuningStore.ts';

const service = new TrainerService({
  // Browsers without WebGPU have no navigator.gpu, whatever the types say.
  requestDevice: () => requestEngineDevice((navigator as Partial<Navigator>).gpu),
  openSource: (datasetId) => IndexedDbSampleSource.open(datasetId, new DecodePool(createDecoder)),
  openStore: () => IndexedDbRunStore.open(),
  openTunings: () => TuningStore.open(),
  browser: navigator.userAgent,
  decodeImage: decodePicture,
  memoryBudgetBytes: memoryBudgetBytes(),
});
Comlink.expose(service satisfies TrainerApi);

function createDecoder(): Worker {
  return new Worker(new URL('./decoder.ts', import.meta.url), { type: 'module' });
}

/**
 * Browsers tell no GPU memory. Chrome tells the machine's, at most 8 GiB: a GPU with memory of its own may
 * have less, an integrated one shares it.
 */
function memoryBudgetBytes(): number {
  const { deviceMemory = 8 } = navigator as Navigator & { deviceMemory?: number };
  return (deviceMemory >= 8 ? 8 : deviceMemory / 2) * 2 ** 30;
}
