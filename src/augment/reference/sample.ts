/** All stages of one sample on the CPU, in the recipe's order: crop, resize, flip, operation, normalise, erase. */
import { normalise } from '../normalise.ts';
import type { PixelBox, PixelImage, SampleParameters } from '../parameters.ts';
import { resizeReference } from '../pilResize.ts';
import { applyOperation } from './applyOperation.ts';

/**
 * What the network sees before it is normalised.
 * @returns RGB bytes, [window.heightPx, window.widthPx, 3]
 * @throws RangeError when the parameters do not fit the image
 */
export function augmentReference(image: PixelImage, parameters: SampleParameters): Uint8Array {
  const { window, operation } = parameters;
  const rgb = resizeReference(image, parameters);
  return operation === null ? rgb : applyOperation(rgb, window.widthPx, window.heightPx, operation);
}

/**
 * What the network sees, before the batch is mixed.
 * @returns normalised values, float32 [window.heightPx, window.widthPx, 3]
 * @throws RangeError when the parameters do not fit the image
 */
export function tensorReference(image: PixelImage, parameters: SampleParameters): Float32Array {
  const values = normalise(augmentReference(image, parameters));
  if (parameters.erase !== null) {
    eachBoxRow(parameters.erase, parameters.window.widthPx, (start, end) => values.fill(0, start, end));
  }
  return values;
}

/** Where the rows of a box begin and end in interleaved values of three channels. */
export function eachBoxRow(
  { leftPx, topPx, widthPx, heightPx }: PixelBox,
  imageWidthPx: number,
  visit: (start: number, end: number) => void,
): void {
  for (let y = topPx; y < topPx + heightPx; y++) {
    const start = (y * imageWidthPx + leftPx) * 3;
    visit(start, start + widthPx * 3);
  }
}
