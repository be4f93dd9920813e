/**
 * What happens to one image, and to a batch, as plain data: drawn by draw.ts, applied by batchAugmenter.ts on the GPU or by
 * pilResize.ts on the CPU, shown by whoever wants to show it.
 */
import { pixelOperationNames, type PixelOperation } from './trivialAugment.ts';

/** A rectangle of whole pixels. */
export interface PixelBox {
  leftPx: number;
  topPx: number;
  widthPx: number;
  heightPx: number;
}

/** The steps in the order in which they are applied, before the batch is mixed. JSON-serialisable. */
export interface SampleParameters {
  /** Part of the source that is resized; the filter sees nothing outside it. */
  crop: PixelBox;
  /** Size that the crop is resized to. */
  resize: { widthPx: number; heightPx: number };
  /**
   * The part of the resized image that is the output. It may reach outside, with negative offsets or past
   * the far edge; what lies outside is black, as torchvision's center_crop pads.
   */
  window: PixelBox;
  /** Mirror the window left to right. */
  flipHorizontally: boolean;
  /** Changes the bytes of the window; null where the recipe has no automatic augmentation. */
  operation: PixelOperation | null;
  /** Part of the window that becomes 0 after normalisation, the mean colour; null: none. */
  erase: PixelBox | null;
}

/**
 * How a batch is mixed after normalisation. Image i is mixed with image i − 1, the first with the last
 * (torch.roll by 1); targets are mixed with the same lambda.
 */
export type BatchMix =
  | {
      kind: 'mixup';
      /** Share of the image itself, in [0, 1]. */
      lambda: number;
    }
  | {
      kind: 'cutmix';
      /** As drawn from the Beta distribution; the box follows from it. */
      drawnLambda: number;
      /** Pasted from the partner; may be empty. */
      box: PixelBox;
      /** Share of the image's own pixels, 1 − box area / image area: what the targets are mixed with. */
      lambda: number;
    };

/** Four bytes a pixel in rows without gaps; the alpha byte is ignored. */
export interface PixelImage {
  kind: 'pixels';
  widthPx: number;
  heightPx: number;
  rgba: Uint8Array;
}

/** An upright image to augment; a bitmap must have been decoded without premultiplied alpha. */
export type SourceImage =
  PixelImage | { kind: 'bitmap'; widthPx: number; heightPx: number; bitmap: ImageBitmap };

/** @throws RangeError unless both are integers of at least 1 */
export function requireImageSize(widthPx: number, heightPx: number): void {
  if (!Number.isInteger(widthPx) || !Number.isInteger(heightPx) || widthPx < 1 || heightPx < 1) {
    throw new RangeError(
      `An image of ${widthPx}×${heightPx} px cannot be augmented: width and height must be whole numbers of at least 1. Check what decoded it.`,
    );
  }
}

/**
 * Checks that an image has the bytes it says, and that its parameters can be applied to it.
 * @throws RangeError that names the field, its value and what is allowed
 */
export function requireApplicable(image: SourceImage, parameters: SampleParameters): void {
  const { widthPx, heightPx } = image;
  requireImageSize(widthPx, heightPx);
  if (image.kind === 'pixels' && image.rgba.length !== widthPx * heightPx * 4) {
    throw new RangeError(
      `An image of ${widthPx}×${heightPx} px needs ${widthPx * heightPx * 4} bytes of RGBA, but has ${image.rgba.length}. Check what decoded it.`,
    );
  }
  const { crop, resize, window } = parameters;
  requireIntegers('crop', { ...crop });
  requireIntegers('resize', { ...resize });
  requireIntegers('window', { ...window });
  if (
    crop.leftPx < 0 ||
    crop.topPx < 0 ||
    crop.widthPx < 1 ||
    crop.heightPx < 1 ||
    crop.leftPx + crop.widthPx > widthPx ||
    crop.topPx + crop.heightPx > heightPx
  ) {
    throw new RangeError(
      `The crop ${crop.widthPx}×${crop.heightPx} at (${crop.leftPx}, ${crop.topPx}) is not inside the image of ${widthPx}×${heightPx} px. Draw the parameters for this image's own size.`,
    );
  }
  if (resize.widthPx < 1 || resize.heightPx < 1 || window.widthPx < 1 || window.heightPx < 1) {
    throw new RangeError(
      `Resizing to ${resize.widthPx}×${resize.heightPx} px with an output of ${window.widthPx}×${window.heightPx} px is not possible: every size must be at least 1.`,
    );
  }
  if (
    isOutside(window.leftPx, window.widthPx, resize.widthPx) ||
    isOutside(window.topPx, window.heightPx, resize.heightPx)
  ) {
    throw new RangeError(
      `The window of ${window.widthPx}×${window.heightPx} px at (${window.leftPx}, ${window.topPx}) shows nothing of the resized image of ${resize.widthPx}×${resize.heightPx} px. It must overlap it by at least one pixel.`,
    );
  }
  const { operation, erase } = parameters;
  if (operation !== null) requireOperation(operation);
  if (erase !== null) requireErase(erase, window);
}

/** @throws RangeError unless the operation is a known one and its magnitude can be applied */
export function requireOperation({ name, magnitude }: PixelOperation): void {
  // Parameters also come from files and links.
  if (!pixelOperationNames.includes(name)) {
    throw new RangeError(`There is no operation "${name}". Use one of ${pixelOperationNames.join(', ')}.`);
  }
  if (!Number.isFinite(magnitude)) {
    throw new RangeError(`The magnitude of ${name} is ${magnitude}, but must be a finite number.`);
  }
  if (name === 'Posterize' && (!Number.isInteger(magnitude) || magnitude < 0 || magnitude > 8)) {
    throw new RangeError(
      `The magnitude of Posterize is ${magnitude}, but it is the number of bits kept: a whole number from 0 to 8.`,
    );
  }
}

function requireErase(erase: PixelBox, window: PixelBox): void {
  requireIntegers('erase', { ...erase });
  if (
    erase.leftPx < 0 ||
    erase.topPx < 0 ||
    erase.widthPx < 1 ||
    erase.heightPx < 1 ||
    erase.leftPx + erase.widthPx > window.widthPx ||
    erase.topPx + erase.heightPx > window.heightPx
  ) {
    throw new RangeError(
      `The erased box of ${erase.widthPx}×${erase.heightPx} px at (${erase.leftPx}, ${erase.topPx}) is not inside the window of ${window.widthPx}×${window.heightPx} px. Draw it for the size of the output.`,
    );
  }
}

function isOutside(firstPx: number, windowPx: number, imagePx: number): boolean {
  return firstPx >= imagePx || firstPx + windowPx <= 0;
}

function requireIntegers(step: string, fields: Record<string, number>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!Number.isInteger(value)) {
      throw new RangeError(`Augmentation parameter ${step}.${name} is ${value}, but must be a whole number.`);
    }
  }
}
