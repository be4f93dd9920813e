/** From indices to normalised batches on the GPU: decode ahead, draw, apply. */
import { BatchAugmenter } from '../augment/batchAugmenter.ts';
import { drawTrainParameters, validationParameters } from '../augment/draw.ts';
import type { SampleParameters } from '../augment/parameters.ts';
import { closeImages } from '../data/indexedDbSource.ts';
import { prefetchBatches } from '../data/prefetch.ts';
import type { DecodedImage, SampleSource } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { ImageBatch } from '../engine/stepRunner.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { BatchPlan } from './epochPlan.ts';

/** Batches decoded ahead of the one in training. */
const prefetchDepth = 2;

export interface PreparedBatch<Plan> extends ImageBatch {
  plan: Plan;
  labels: number[];
}

export class ImagePipeline {
  private readonly augmenter: BatchAugmenter;

  constructor(
    engine: EngineDevice,
    private readonly source: SampleSource,
    private readonly recipe: Recipe,
  ) {
    this.augmenter = new BatchAugmenter(engine.device);
  }

  /** Augmented training batches. The consumer destroys each `images` buffer when its step is done. */
  async *trainingBatches(
    epoch: number,
    plans: Iterable<BatchPlan>,
  ): AsyncGenerator<PreparedBatch<BatchPlan>> {
    const { recipe } = this;
    const draw = (plan: BatchPlan, image: DecodedImage, i: number) =>
      drawTrainParameters(
        recipe,
        { seed: recipe.seed, epoch, rank: plan.rank, position: plan.position + i },
        image.widthPx,
        image.heightPx,
      );
    yield* this.batches('train', plans, recipe.trainCropSize, draw);
  }

  /** Resized and centre-cropped validation batches. The consumer destroys each `images` buffer. */
  async *validationBatches(indices: Int32Array): AsyncGenerator<PreparedBatch<{ indices: number[] }>> {
    const plans: { indices: number[] }[] = [];
    for (let start = 0; start < indices.length; start += this.recipe.batchSize) {
      plans.push({ indices: [...indices.subarray(start, start + this.recipe.batchSize)] });
    }
    yield* this.batches('validation', plans, this.recipe.valCropSize, (_, image) =>
      validationParameters(this.recipe, image.widthPx, image.heightPx),
    );
  }

  /** One image as validation sees it. The caller destroys the buffer; the image is released. */
  singleImage(image: DecodedImage): ImageBatch {
    const sizePx = this.recipe.valCropSize;
    const parameters = validationParameters(this.recipe, image.widthPx, image.heightPx);
    const images = this.augmenter.augment([image], [parameters], { widthPx: sizePx, heightPx: sizePx });
    closeImages([image]);
    return { images, batchSize: 1, sizePx };
  }

  destroy(): void {
    this.augmenter.destroy();
  }

  private async *batches<Plan extends { indices: number[] }>(
    split: 'train' | 'validation',
    plans: Iterable<Plan>,
    sizePx: number,
    parametersOf: (plan: Plan, image: DecodedImage, i: number) => SampleParameters,
  ): AsyncGenerator<PreparedBatch<Plan>> {
    const labels = this.source.labels(split);
    const ahead: Plan[] = [];
    const indexLists = function* () {
      for (const plan of plans) {
        ahead.push(plan);
        yield plan.indices;
      }
    };
    for await (const decoded of prefetchBatches(this.source, split, indexLists(), prefetchDepth)) {
      const plan = ahead.shift();
      if (plan === undefined) throw new Error('More batches were decoded than planned.');
      const parameters = decoded.map((image, i) => parametersOf(plan, image, i));
      const images = this.augmenter.augment(decoded, parameters, { widthPx: sizePx, heightPx: sizePx });
      closeImages(decoded);
      const batchLabels = plan.indices.map((index) => labels[index] ?? 0);
      yield { images, batchSize: decoded.length, sizePx, plan, labels: batchLabels };
    }
  }
}

/** Labels as soft targets [batch, classes]. */
export function oneHot(labels: readonly number[], classCount: number): Float32Array {
  const targets = new Float32Array(labels.length * classCount);
  labels.forEach((label, i) => (targets[i * classCount + label] = 1));
  return targets;
}
