/** The inspector's thread: a GPU device of its own, so that looking does not wait for training. */
import * as Comlink from 'comlink';
import { DecodePool } from '../src/data/decodePool.ts';
import { IndexedDbSampleSource } from '../src/data/indexedDbSource.ts';
import { requestEngineDevice } from '../src/engine/device.ts';
import { decodePicture, readBitmap } from '../src/inspect/browserPicture.ts';
import { Inspector } from '../src/inspect/inspector.ts';
import type { InspectorApi } from '../src/protocol.ts';

const inspector = new Inspector({
  // Browsers without WebGPU have no navigator.gpu, whatever the types say.
  requestDevice: () => requestEngineDevice((navigator as Partial<Navigator>).gpu),
  readBitmap,
  decode: decodePicture,
  openSource: (datasetId) => IndexedDbSampleSource.open(datasetId, new DecodePool(createDecoder, 1)),
});
Comlink.expose(inspector satisfies InspectorApi);

function createDecoder(): Worker {
  return new Worker(new URL('./decoder.ts', import.meta.url), { type: 'module' });
}
