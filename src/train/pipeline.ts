/** From indices to normalised, erased and mixed batches on the GPU: decode ahead, draw, apply. */
import { BatchAugmenter } from '../augment/batchAugmenter.ts';
import { drawTrainParameters, mixedTargets, validationParameters } from '../augment/draw.ts';
import type { SampleParameters } from '../augment/parameters.ts';
import { ImageCache, type ImageLease } from '../data/imageCache.ts';
import { closeImages } from '../data/indexedDbSource.ts';
import { prefetch } from '../data/prefetch.ts';
import type { DecodedImage, SampleSource } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { ImageBatch } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { BatchPlan } from './epochPlan.ts';

/** Batches decoded ahead of the one in training. */
const prefetchDepth = 2;
/** Decoded images kept for the batches that share them: 128 of 500 × 375 px take 92 MiB. */
const cacheBytes = 128 * 2 ** 20;

export interface TrainingImages extends ImageBatch {
  plan: BatchPlan;
  /** Of the plan's images, before mixing. */
  labels: number[];
  /** Soft targets [batch, classes], mixed as the images are. */
  targets: Float32Array;
  /** What was drawn for each image; last the partner's, where the plan has one. */
  parameters: SampleParameters[];
  /** Of the batch as the network sees it: 16 hex digits. */
  fingerprint: Promise<string>;
}

export interface ValidationImages extends ImageBatch {
  indices: number[];
  labels: number[];
}

export class ImagePipeline {
  private readonly augmenter: BatchAugmenter;
  private readonly trainImages: ImageCache;

  constructor(
    engine: EngineDevice,
    private readonly source: SampleSource,
    private readonly recipe: Recipe,
  ) {
    this.augmenter = new BatchAugmenter(engine.device);
    this.trainImages = new ImageCache(source, 'train', cacheBytes);
  }

  /** Augmented training batches. The consumer destroys each `images` buffer when its step is done. */
  async *trainingBatches(epoch: number, plans: Iterable<BatchPlan>): AsyncGenerator<TrainingImages> {
    const decoded = prefetch(
      plans,
      prefetchDepth,
      async (plan) => ({ plan, lease: await this.lease(plan) }),
      ({ lease }) => lease.release(),
    );
    for await (const { plan, lease } of decoded) yield this.augmentAndRelease(plan, epoch, lease);
  }

  /** One training batch alone, with the bytes it has in its epoch. The caller destroys the `images` buffer. */
  async prepare(plan: BatchPlan, epoch: number): Promise<TrainingImages> {
    return this.augmentAndRelease(plan, epoch, await this.lease(plan));
  }

  /** Resized and centre-cropped validation batches. The consumer destroys each `images` buffer. */
  async *validationBatches(indices: Int32Array): AsyncGenerator<ValidationImages> {
    const { batchSize, valCropSize: sizePx } = this.recipe;
    const labels = this.source.labels('validation');
    const batches: number[][] = [];
    for (let start = 0; start < indices.length; start += batchSize) {
      batches.push([...indices.subarray(start, start + batchSize)]);
    }
    const decoded = prefetch(
      batches,
      prefetchDepth,
      async (batch) => ({ batch, images: await this.source.decode('validation', batch) }),
      ({ images }) => closeImages(images),
    );
    for await (const { batch, images } of decoded) {
      yield {
        images: this.augmentForValidation(images),
        batchSize: images.length,
        sizePx,
        indices: batch,
        labels: batch.map((index) => labels[index] ?? 0),
      };
    }
  }

  /** One image as validation sees it. The caller destroys the buffer; the image is released. */
  singleImage(image: DecodedImage): ImageBatch {
    return { images: this.augmentForValidation([image]), batchSize: 1, sizePx: this.recipe.valCropSize };
  }

  destroy(): void {
    this.trainImages.close();
    this.augmenter.destroy();
  }

  private augmentForValidation(images: readonly DecodedImage[]): GPUBuffer {
    const { recipe } = this;
    const parameters = images.map(({ widthPx, heightPx }) => validationParameters(recipe, widthPx, heightPx));
    const buffer = this.augmenter.augment(images, parameters, square(recipe.valCropSize));
    closeImages(images);
    return buffer;
  }

  private lease({ indices, partner }: BatchPlan): Promise<ImageLease> {
    return this.trainImages.take(partner === null ? indices : [...indices, partner.index]);
  }

  private augmentAndRelease(plan: BatchPlan, epoch: number, lease: ImageLease): TrainingImages {
    try {
      return this.augment(plan, epoch, lease.images);
    } finally {
      lease.release();
    }
  }

  /** @param slots the plan's images, then its partner */
  private augment(plan: BatchPlan, epoch: number, slots: readonly DecodedImage[]): TrainingImages {
    const { recipe, source } = this;
    const { indices, mix, partner, rank } = plan;
    const sizePx = recipe.trainCropSize;
    const parameters = slots.map(({ widthPx, heightPx }, i) => {
      const position = i < indices.length || partner === null ? plan.position + i : partner.position;
      return drawTrainParameters(recipe, { seed: recipe.seed, epoch, rank, position }, widthPx, heightPx);
    });
    const mixing = mix === null ? null : { mix, outputs: indices.length };
    const images = this.augmenter.augment(slots, parameters, square(sizePx), mixing);
    const fingerprint = this.augmenter.fingerprint(images);
    // Awaited with its step; a failure before that must not count as unhandled.
    fingerprint.catch(() => undefined);

    const labelOf = (index: number | undefined) => source.labels('train')[index ?? NaN] ?? 0;
    const labels = indices.map(labelOf);
    const partnerLabel = labelOf(partner?.index ?? indices.at(-1));
    const targets = mixedTargets(labels, partnerLabel, source.summary.classes.length, mix);
    return { plan, images, batchSize: indices.length, sizePx, labels, targets, parameters, fingerprint };
  }
}

function square(sizePx: number): { widthPx: number; heightPx: number } {
  return { widthPx: sizePx, heightPx: sizePx };
}
