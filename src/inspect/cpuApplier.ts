/** The augmentation on the processor: the same bytes, slower. */
import { mixReference } from '../augment/reference/mix.ts';
import { augmentReference, tensorReference } from '../augment/reference/sample.ts';
import type { PixelImage } from '../augment/parameters.ts';
import type { DecodedImage } from '../data/types.ts';
import { sizeOf, type Applier, type Job, type MixedJob } from './applier.ts';
import { pictureOfRgb, pictureOfTensor } from './picture.ts';
import type { InspectorDevice, Picture } from './types.ts';

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
