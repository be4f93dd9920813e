/**
 * Takes photos the way a run does: imports them, reads them back from IndexedDB through the decoder workers,
 * uploads the bitmaps to a WebGPU texture, and reports the bytes that are in it.
 */
import { browserImageCodec } from '../../../src/data/browserImageCodec.ts';
import { DecodePool } from '../../../src/data/decodePool.ts';
import { importFiles } from '../../../src/data/importFiles.ts';
import { IndexedDbSampleSource } from '../../../src/data/indexedDbSource.ts';
import { ShardStore } from '../../../src/data/shardStore.ts';

export interface PhotosReport {
  error?: string;
  problems: { path: string; message: string }[];
  /** By file name; base64 of RGB rows. */
  photos: Record<string, { width: number; height: number; rgb: string }>;
}

const datasetId = 'photos';

async function readPhotos(names: readonly string[]): Promise<PhotosReport> {
  const store = await ShardStore.open();
  await store.delete(datasetId);
  const files = await Promise.all(
    names.map(async (name) => {
      const response = await fetch(new URL(`../../fixtures/photos/${name}`, import.meta.url));
      return { name, file: await response.blob() };
    }),
  );
  // Two classes with the same pictures: the training split has each of them at least once.
  const { problems } = await importFiles(
    {
      files: files.flatMap(({ name, file }) => [
        { path: `a/${name}`, file },
        { path: `b/${name}`, file },
      ]),
      options: { name: 'Photos', maxEdgePx: 512, validationFraction: 0.01, seed: 0 },
      datasetId,
    },
    { store, codec: browserImageCodec, signal: new AbortController().signal, onProgress: () => undefined },
  );
  store.close();

  const pool = new DecodePool(
    () => new Worker(new URL('../../../workers/decoder.ts', import.meta.url), { type: 'module' }),
    2,
  );
  const source = await IndexedDbSampleSource.open(datasetId, pool);
  const device = await requestDevice();
  const photos: PhotosReport['photos'] = {};
  const indices = [...source.labels('train').keys()];
  for (const [at, image] of (await source.decode('train', indices)).entries()) {
    if (image.kind !== 'bitmap') throw new Error('A photo was decoded to pixels.');
    const name = source.fileName('train', at).slice(2);
    const rgb = await readBitmap(device, image.bitmap);
    photos[name] = { width: image.widthPx, height: image.heightPx, rgb };
    image.bitmap.close();
  }
  source.close();
  return { problems, photos };
}

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error('There is no WebGPU adapter in this worker.');
  return await adapter.requestDevice();
}

async function readBitmap(device: GPUDevice, bitmap: ImageBitmap): Promise<string> {
  const { width, height } = bitmap;
  const texture = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  device.queue.copyExternalImageToTexture({ source: bitmap }, { texture, premultipliedAlpha: false }, [
    width,
    height,
  ]);
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const buffer = device.createBuffer({
    size: bytesPerRow * height,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const rgba = new Uint8Array(buffer.getMappedRange());
  let binary = '';
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * bytesPerRow + column * 4;
      binary += String.fromCharCode(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    }
  }
  buffer.destroy();
  texture.destroy();
  return btoa(binary);
}

addEventListener('message', (event: MessageEvent<string[]>) => {
  readPhotos(event.data).then(
    (report) => postMessage(JSON.stringify(report)),
    (error: unknown) => {
      const report: PhotosReport = { error: String(error), problems: [], photos: {} };
      postMessage(JSON.stringify(report));
    },
  );
});
