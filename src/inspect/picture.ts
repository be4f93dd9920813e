/** Pictures to show, made of what the augmentation gives. */
import { imageNetMean, imageNetStandardDeviation } from '../augment/normalise.ts';
import type { PixelImage } from '../augment/parameters.ts';
import type { Picture } from './types.ts';

/** RGB bytes [heightPx, widthPx, 3] as an opaque picture. */
export function pictureOfRgb(rgb: Uint8Array, widthPx: number, heightPx: number): Picture {
  const rgba = new Uint8ClampedArray(widthPx * heightPx * 4);
  for (let pixel = 0; pixel < widthPx * heightPx; pixel++) {
    for (let channel = 0; channel < 3; channel++) rgba[pixel * 4 + channel] = rgb[pixel * 3 + channel] ?? 0;
    rgba[pixel * 4 + 3] = 255;
  }
  return { widthPx, heightPx, rgba };
}

/**
 * A normalised tensor [heightPx, widthPx, 3] as colours again: value · deviation + mean, rounded to bytes. An
 * unmixed tensor gives the very bytes that it was made of.
 */
export function pictureOfTensor(values: Float32Array, widthPx: number, heightPx: number): Picture {
  const rgba = new Uint8ClampedArray(widthPx * heightPx * 4);
  for (let pixel = 0; pixel < widthPx * heightPx; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = values[pixel * 3 + channel] ?? 0;
      const mean = imageNetMean[channel] ?? 0;
      const deviation = imageNetStandardDeviation[channel] ?? 1;
      // The array rounds and clamps.
      rgba[pixel * 4 + channel] = (value * deviation + mean) * 255;
    }
    rgba[pixel * 4 + 3] = 255;
  }
  return { widthPx, heightPx, rgba };
}

/** An opened image as a picture: a copy, since pictures are given away to the page. */
export function pictureOfImage({ widthPx, heightPx, rgba }: PixelImage): Picture {
  const copy = new Uint8ClampedArray(rgba);
  for (let at = 3; at < copy.length; at += 4) copy[at] = 255;
  return { widthPx, heightPx, rgba: copy };
}
