/** The trainer's thread: it owns the GPU device, the weights and the runs. */
import * as Comlink from 'comlink';
import { DecodePool } from '../src/data/decodePool.ts';
import { IndexedDbSampleSource } from '../src/data/indexedDbSource.ts';
import type { DecodedImage } from '../src/data/types.ts';
import { requestEngineDevice } from '../src/engine/device.ts';
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
  decodeImage,
  memoryBudgetBytes: memoryBudgetBytes(),
});
Comlink.expose(service satisfies TrainerApi);

function createDecoder(): Worker {
  return new Worker(new URL('./decoder.ts', import.meta.url), { type: 'module' });
}

async function decodeImage(file: Blob): Promise<DecodedImage> {
  try {
    const bitmap = await createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
    return { kind: 'bitmap', widthPx: bitmap.width, heightPx: bitmap.height, bitmap };
  } catch {
    const kind = file.type === '' ? 'This file' : `This file (${file.type})`;
    throw new Error(`${kind} is not a picture this browser can read. Use a JPEG, PNG or WebP.`);
  }
}

/**
 * Browsers tell no GPU memory. Chrome tells the machine's, at most 8 GiB: a GPU with memory of its own may
 * have less, an integrated one shares it.
 */
function memoryBudgetBytes(): number {
  const { deviceMemory = 8 } = navigator as Navigator & { deviceMemory?: number };
  return (deviceMemory >= 8 ? 8 : deviceMemory / 2) * 2 ** 30;
}
