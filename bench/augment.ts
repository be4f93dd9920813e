/**
 * Images per second of the augmentation: crop, resize, flip and normalise on the GPU, against the CPU
 * reference on one core.
 *
 * Run: npx tsx bench/augment.ts (on Linux without a GPU, VK_DRIVER_FILES chooses the software driver)
 */
import { dawn } from '../cli/dawn.ts';
import { BatchAugmenter } from '../src/augment/batchAugmenter.ts';
import { drawTrainParameters } from '../src/augment/draw.ts';
import { normalise } from '../src/augment/normalise.ts';
import type { PixelImage, SampleParameters } from '../src/augment/parameters.ts';
import { resizeReference } from '../src/augment/pilResize.ts';
import { requestEngineDevice } from '../src/engine/device.ts';

const { device, adapterName, isSoftware } = await requestEngineDevice(dawn());
console.log(`WebGPU adapter: ${adapterName}${isSoftware ? ' (software)' : ''}`);
console.log('source px | output px | batch | GPU images/s | queueing, ms a batch | CPU images/s');

for (const [sourcePx, outputPx, batch] of [
  [96, 64, 64],
  [512, 64, 64],
  [512, 176, 32],
] as const) {
  const images = Array.from({ length: batch }, (_, index) => noiseImage(sourcePx, index));
  const augmenter = new BatchAugmenter(device);
  const output = device.createBuffer({
    size: batch * outputPx * outputPx * 12,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  let queueingMs = 0;
  const runBatch = async (epoch: number): Promise<void> => {
    const started = performance.now();
    augmenter.augmentInto(output, images, drawBatch(batch, epoch, sourcePx, outputPx), {
      widthPx: outputPx,
      heightPx: outputPx,
    });
    queueingMs += performance.now() - started;
    await device.queue.onSubmittedWorkDone();
  };

  for (let epoch = 0; epoch < 3; epoch++) await runBatch(epoch);
  queueingMs = 0;
  const batches = 15;
  const started = performance.now();
  for (let epoch = 0; epoch < batches; epoch++) await runBatch(100 + epoch);
  const gpuSeconds = (performance.now() - started) / 1000;
  augmenter.destroy();
  output.destroy();

  const cpuStarted = performance.now();
  const drawn = drawBatch(batch, 200, sourcePx, outputPx);
  for (const [index, image] of images.entries()) {
    const sample = drawn[index];
    if (sample !== undefined) normalise(resizeReference(image, sample));
  }
  const cpuSeconds = (performance.now() - cpuStarted) / 1000;
  console.log(
    [
      String(sourcePx).padStart(9),
      String(outputPx).padStart(9),
      String(batch).padStart(5),
      ((batch * batches) / gpuSeconds).toFixed(0).padStart(12),
      (queueingMs / batches).toFixed(2).padStart(20),
      (batch / cpuSeconds).toFixed(0).padStart(12),
    ].join(' | '),
  );
}
device.destroy();
// Dawn keeps the process alive.
process.exit(0);

function noiseImage(sizePx: number, seed: number): PixelImage {
  const rgba = new Uint8Array(sizePx * sizePx * 4);
  for (let at = 0; at < rgba.length; at++) rgba[at] = (Math.imul(at + seed, 0x9e3779b1) >>> 24) & 255;
  return { kind: 'pixels', widthPx: sizePx, heightPx: sizePx, rgba };
}

function drawBatch(count: number, epoch: number, sourcePx: number, outputPx: number): SampleParameters[] {
  const recipe = {
    trainCropSize: outputPx,
    trainScaleMin: 0.08,
    hflipProb: 0.5,
    autoAugment: null,
    randomErase: 0,
  };
  return Array.from({ length: count }, (_, position) =>
    drawTrainParameters(recipe, { seed: 1, epoch, rank: 0, position }, sourcePx, sourcePx),
  );
}
