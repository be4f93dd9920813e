/**
 * What applies drawn parameters for the inspector: the GPU, with the very kernels that training uses, or the
 * processor where there is none.
 */
import { augmentReference, mixReference, tensorReference } from '../augment/reference/index.ts';
import { BatchAugmenter } from '../augment/batchAugmenter.ts';
import type { BatchMix, PixelImage, SampleParameters } from '../augment/parameters.ts';
import type { DecodedImage } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import { readBuffer } from '../engine/runtime/readBuffer.ts';
import { pictureOfRgb, pictureOfTensor } from './picture.ts';
import type { InspectorDevice, Picture } from './types.ts';

/** An image and what happens to it; all parameters of a call have windows of one size. */
export interface Job {
  image: PixelImage;
  parameters: SampleParameters;
}

export interface MixedJob extends Job {
  /** What it is mixed with, in a batch of the two; null: it is not. */
  mixed: { partner: Job; mix: BatchMix } | null;
}

export interface Applier {
  readonly device: InspectorDevice;
  /** A decoded image's own bytes. A bitmap is closed. */
  pixels(image: DecodedImage): Promise<PixelImage>;
  /** After crop, resize, flip and operation. */
  bytes(jobs: readonly Job[]): Promise<Picture[]>;
  /** After normalising, erasing and mixing, with the normalisation taken back. */
  tensors(jobs: readonly MixedJob[]): Promise<Picture[]>;
}

function sizeOf(jobs: readonly Job[]): { widthPx: number; heightPx: number } {
  const window = jobs[0]?.parameters.window;
  return { widthPx: window?.widthPx ?? 1, heightPx: window?.heightPx ?? 1 };
}

export class GpuApplier implements Applier {
  readonly device: InspectorDevice;
  private readonly augmenter: BatchAugmenter;

  constructor(private readonly engine: EngineDevice) {
    this.device = { kind: 'gpu', description: engine.adapterName };
    this.augmenter = new BatchAugmenter(engine.device);
  }

  async pixels(image: DecodedImage): Promise<PixelImage> {
    if (image.kind === 'pixels') return image;
    const { widthPx, heightPx } = image;
    // Copied by the kernels, since a canvas may lose colours under alpha.
    const whole = { leftPx: 0, topPx: 0, widthPx, heightPx };
    const parameters: SampleParameters = {
      crop: whole,
      resize: { widthPx, heightPx },
      window: whole,
      flipHorizontally: false,
      operation: null,
      erase: null,
    };
    try {
      const bytes = await this.augmenter.augmentToBytes([image], [parameters], { widthPx, heightPx });
      return { kind: 'pixels', widthPx, heightPx, rgba: new Uint8Array(bytes.buffer) };
    } finally {
      image.bitmap.close();
    }
  }

  async bytes(jobs: readonly Job[]): Promise<Picture[]> {
    if (jobs.length === 0) return [];
    const size = sizeOf(jobs);
    const all = await this.augmenter.augmentToBytes(
      jobs.map(({ image }) => image),
      jobs.map(({ parameters }) => parameters),
      size,
    );
    const length = size.widthPx * size.heightPx * 4;
    return jobs.map((_, i) => ({ ...size, rgba: all.slice(i * length, (i + 1) * length) }));
  }

  async tensors(jobs: readonly MixedJob[]): Promise<Picture[]> {
    const { widthPx, heightPx } = sizeOf(jobs);
    const length = widthPx * heightPx * 3;
    return await Promise.all(
      jobs.map(async ({ image, parameters, mixed }) => {
        const slots = mixed === null ? [{ image, parameters }] : [{ image, parameters }, mixed.partner];
        const buffer = this.augmenter.augment(
          slots.map((slot) => slot.image),
          slots.map((slot) => slot.parameters),
          { widthPx, heightPx },
          mixed === null ? null : { mix: mixed.mix, outputs: 1 },
        );
        try {
          const values = new Float32Array(await readBuffer(this.engine.device, buffer, 0, length * 4));
          return pictureOfTensor(values, widthPx, heightPx);
        } finally {
          buffer.destroy();
        }
      }),
    );
  }

  destroy(): void {
    this.augmenter.destroy();
    this.engine.device.destroy();
  }
}

export class CpuApplier implements Applier {
  readonly device: InspectorDevice;

  /**
   * @param reason why there is no GPU, for the page
   * @param readBitmap the pixels of a bitmap; closes it
   */
  constructor(
    reason: string,
    private readonly readBitmap: (bitmap: ImageBitmap) => Uint8Array,
  ) {
    this.device = { kind: 'cpu', description: reason };
  }

  pixels(image: DecodedImage): Promise<PixelImage> {
    if (image.kind === 'pixels') return Promise.resolve(image);
    const { widthPx, heightPx, bitmap } = image;
    return Promise.resolve({ kind: 'pixels', widthPx, heightPx, rgba: this.readBitmap(bitmap) });
  }

  bytes(jobs: readonly Job[]): Promise<Picture[]> {
    const { widthPx, heightPx } = sizeOf(jobs);
    return Promise.resolve(
      jobs.map(({ image, parameters }) =>
        pictureOfRgb(augmentReference(image, parameters), widthPx, heightPx),
      ),
    );
  }

  tensors(jobs: readonly MixedJob[]): Promise<Picture[]> {
    const { widthPx, heightPx } = sizeOf(jobs);
    return Promise.resolve(
      jobs.map(({ image, parameters, mixed }) => {
        const own = tensorReference(image, parameters);
        if (mixed === null) return pictureOfTensor(own, widthPx, heightPx);
        const { partner, mix } = mixed;
        const other = tensorReference(partner.image, partner.parameters);
        const [result = own] = mixReference([own, other], widthPx, heightPx, mix);
        return pictureOfTensor(result, widthPx, heightPx);
      }),
    );
  }
}
