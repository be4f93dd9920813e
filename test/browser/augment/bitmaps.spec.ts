/**
 * Decoded bitmaps reach the kernels byte for byte, with alpha dropped and not multiplied in: the result is
 * that of the CPU reference on the pixels that went into the files.
 */
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { drawTrainParameters, validationParameters } from '../../../src/augment/draw.ts';
import { resizeReference } from '../../../src/augment/pilResize.ts';
import { patternImage, withoutAlpha } from '../../augment/patterns.ts';

const outputPx = 48;

test('a batch of bitmaps and pixels of many sizes gives the bytes of the CPU reference', async ({ page }) => {
  // More images than one upload texture has layers.
  const images = Array.from({ length: 40 }, (_, index) =>
    patternImage(
      index % 2 === 0 ? 'noise' : 'gradient',
      1 + ((index * 37) % 211),
      1 + ((index * 53) % 173),
      index,
    ),
  );
  // Every other image is opaque; the rest have every alpha from 0 to 255.
  for (const { rgba } of images.filter((_, index) => index % 4 < 2)) {
    for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  }
  const parameters = images.map(({ widthPx, heightPx }, index) =>
    index % 3 === 0
      ? validationParameters({ valResizeSize: 54, valCropSize: outputPx }, widthPx, heightPx)
      : drawTrainParameters(
          { trainCropSize: outputPx, trainScaleMin: 0.08, hflipProb: 0.5, autoAugment: null, randomErase: 0 },
          { seed: 3, epoch: 0, rank: 0, position: index },
          widthPx,
          heightPx,
        ),
  );
  const pngs = await Promise.all(
    images.map(async ({ rgba, widthPx: width, heightPx: height }) => {
      const file = await sharp(rgba, { raw: { width, height, channels: 4 } })
        .png()
        .toBuffer();
      return file.toString('base64');
    }),
  );
  const pixels: Record<number, number[]> = {};
  for (const [index, { rgba }] of images.entries()) if (index % 5 === 4) pixels[index] = [...rgba];

  await page.goto('http://localhost:4174/test/browser/augment/bitmaps.html');
  await page.waitForFunction(() => globalThis.bitmapFixture !== undefined);
  const result = await page.evaluate(
    async ([files, drawn, sizePx, raw]) => {
      if (globalThis.bitmapFixture === undefined) throw new Error('the fixture page did not load');
      return globalThis.bitmapFixture.augmentPngs(files, drawn, sizePx, raw);
    },
    [pngs, parameters, outputPx, pixels] as const,
  );

  console.log(`adapter: ${result.adapter}`);
  expect(result.errors).toEqual([]);
  const bytes = Uint8Array.from(result.rgba);
  const imageBytes = outputPx * outputPx * 4;
  const differing = images.flatMap((image, index) => {
    const sample = parameters[index];
    if (sample === undefined) throw new Error('an image without parameters');
    const rgb = withoutAlpha(bytes.subarray(index * imageBytes, (index + 1) * imageBytes));
    const same = Buffer.compare(rgb, resizeReference(image, sample)) === 0;
    return same ? [] : [`image ${index}, ${image.widthPx}×${image.heightPx}`];
  });
  expect(differing).toEqual([]);
});
