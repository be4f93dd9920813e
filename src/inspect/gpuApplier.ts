/** The augmentation by the kernels that train. */
import { BatchAugmenter } from '../augment/batchAugmenter.ts';
import type { PixelImage, SampleParameters } from '../augment/parameters.ts';
import type { DecodedImage } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import { readBuffer } from '../engine/runtime/readBuffer.ts';
import { sizeOf, type Applier, type Job, type MixedJob } from './applier.ts';
import { pictureOfTensor } from './picture.ts';
import type { InspectorDevice, Picture } from './types.ts';

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
