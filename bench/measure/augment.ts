/**
 * The reference recipe's whole augmentation on the GPU: draws, RandomResizedCrop, flip, TrivialAugment, normalise,
 * erase and mixup or CutMix, from decoded images; and what share of a training step it takes.
 */
import { BatchAugmenter } from '../../src/augment/batchAugmenter.ts';
import { drawBatchMix, drawTrainParameters } from '../../src/augment/draw.ts';
import type { PixelImage } from '../../src/augment/parameters.ts';
import { requestEngineDevice } from '../../src/engine/device.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { ModelName } from '../../src/recipe/recipe.ts';
import { median } from './contender.ts';
import { createRunner, runStep, setUpTraining, type TrainingSettings } from './trainingSetup.ts';

export interface AugmentSettings extends TrainingSettings {
  /** Timed training steps; the median counts. */
  steps: number;
}

export interface AugmentResult {
  bench: 'augment';
  adapter: string;
  model: ModelName;
  batch: number;
  size: number;
  /** From decoded images to the mixed batch on the GPU, draws included. */
  imagesPerSecond: number;
  /** Median of a batch. */
  batchMs: number;
  /** Median of a training step at the same batch and size. */
  stepMs: number;
  /** batchMs / stepMs */
  shareOfStep: number;
  /** torchvision's PIL pipeline on one core; null where it was not measured, as is the ratio. */
  pilImagesPerSecond: number | null;
  /** How many times as fast as that. */
  ratio: number | null;
}

/** Of ImageNet's usual size; scripts/bench/pil_pipeline.py has the same. */
const sourceWidthPx = 500;
const sourceHeightPx = 375;
/** Between them they meet every operation, mixup and CutMix: all kernels are compiled before time counts. */
const warmUpBatches = 8;
const leastBatches = 20;
const leastMs = 3000;

export async function benchAugment(
  settings: AugmentSettings,
  report: (line: string) => void,
): Promise<AugmentResult> {
  const { model, batch, size, steps } = settings;
  const engine = await requestEngineDevice(navigator.gpu);
  const batchMs = await timeBatches(engine.device, batch, size);
  report(`A batch takes ${batchMs.toFixed(1)} ms. Next ${String(steps + 1)} training steps…`);

  const setup = setUpTraining(engine, settings);
  const runner = await createRunner('engine', engine, setup);
  await runStep(engine, runner, setup);
  const times: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    const started = performance.now();
    await runStep(engine, runner, setup);
    times.push(performance.now() - started);
  }
  const stepMs = median(times);
  return {
    ...{ bench: 'augment', adapter: engine.adapterName, model, batch, size },
    ...{ imagesPerSecond: (1000 * batch) / batchMs, batchMs, stepMs, shareOfStep: batchMs / stepMs },
    ...{ pilImagesPerSecond: null, ratio: null },
  };
}

async function timeBatches(device: GPUDevice, batch: number, sizePx: number): Promise<number> {
  const recipe = { ...presets.reference.recipe, trainCropSize: sizePx };
  const images = Array.from({ length: batch }, (_, index) => photograph(index));
  const augmenter = new BatchAugmenter(device);
  const outputSize = { widthPx: sizePx, heightPx: sizePx };
  const runBatch = async (step: number): Promise<number> => {
    const started = performance.now();
    const key = { seed: recipe.seed, epoch: 0, rank: 0 };
    const parameters = images.map(({ widthPx, heightPx }, index) =>
      drawTrainParameters(recipe, { ...key, position: step * batch + index }, widthPx, heightPx),
    );
    const mix = drawBatchMix(recipe, { ...key, step }, sizePx);
    const mixing = mix === null ? null : { mix, outputs: batch };
    const buffer = augmenter.augment(images, parameters, outputSize, mixing);
    await device.queue.onSubmittedWorkDone();
    buffer.destroy();
    return performance.now() - started;
  };
  for (let step = 0; step < warmUpBatches; step += 1) await runBatch(step);
  const times: number[] = [];
  const started = performance.now();
  while (times.length < leastBatches || performance.now() - started < leastMs) {
    times.push(await runBatch(warmUpBatches + times.length));
  }
  augmenter.destroy();
  return median(times);
}

/** A gradient with noise: photograph(seed) of scripts/bench/pil_pipeline.py, with alpha. */
function photograph(seed: number): PixelImage {
  const rgba = new Uint8Array(sourceWidthPx * sourceHeightPx * 4).fill(255);
  for (let pixel = 0; pixel < sourceWidthPx * sourceHeightPx; pixel += 1) {
    const x = pixel % sourceWidthPx;
    const y = Math.floor(pixel / sourceWidthPx);
    for (let channel = 0; channel < 3; channel += 1) {
      const noise = Math.imul(pixel * 3 + channel + seed * 7919, 0x9e3779b1) >>> 27;
      const gradient = Math.floor((x * 160) / sourceWidthPx) + Math.floor((y * 60) / sourceHeightPx);
      rgba[pixel * 4 + channel] = Math.min(255, gradient + 10 * channel + noise);
    }
  }
  return { kind: 'pixels', widthPx: sourceWidthPx, heightPx: sourceHeightPx, rgba };
}
