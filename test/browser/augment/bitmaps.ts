/** The page of bitmaps.spec.ts: decodes PNG files as the application does and augments them on the GPU. */
import { BatchAugmenter } from '../../../src/augment/batchAugmenter.ts';
import type { PixelImage, SampleParameters, SourceImage } from '../../../src/augment/parameters.ts';
import { requestEngineDevice } from '../../../src/engine/device.ts';

export interface BitmapFixture {
  /**
   * @param pngs base64 files, decoded to bitmaps
   * @param pixels RGBA bytes for the images, by index, that are given as pixels and not as bitmaps
   * @returns the RGBA bytes of the whole batch, and what the device complained of
   */
  augmentPngs(
    pngs: string[],
    parameters: SampleParameters[],
    outputPx: number,
    pixels: Record<number, number[]>,
  ): Promise<{ rgba: number[]; errors: string[]; adapter: string }>;
}

declare global {
  var bitmapFixture: BitmapFixture | undefined;
}

async function decode(base64: string): Promise<SourceImage> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }), {
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
  return { kind: 'bitmap', widthPx: bitmap.width, heightPx: bitmap.height, bitmap };
}

globalThis.bitmapFixture = {
  async augmentPngs(pngs, parameters, outputPx, pixels) {
    const { device, adapterName: adapter } = await requestEngineDevice(navigator.gpu);
    const errors: string[] = [];
    device.addEventListener('uncapturederror', (event) => errors.push(event.error.message));
    const images = await Promise.all(
      pngs.map(async (png, index): Promise<SourceImage> => {
        const image = await decode(png);
        const rgba = pixels[index];
        if (rgba === undefined) return image;
        return {
          kind: 'pixels',
          widthPx: image.widthPx,
          heightPx: image.heightPx,
          rgba: new Uint8Array(rgba),
        } satisfies PixelImage;
      }),
    );
    const augmenter = new BatchAugmenter(device);
    const result = augmenter.augmentToBytes(images, parameters, { widthPx: outputPx, heightPx: outputPx });
    // As the training loop does: released as soon as the call returns.
    for (const image of images) if (image.kind === 'bitmap') image.bitmap.close();
    const rgba = [...(await result)];
    augmenter.destroy();
    device.destroy();
    return { rgba, errors, adapter };
  },
};
