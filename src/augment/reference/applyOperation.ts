/** The operations of TrivialAugmentWide on the CPU, with the bytes of torchvision 0.14.1 on Pillow 9.4. */
import { requireOperation } from '../parameters.ts';
import type { PixelOperation } from '../trivialAugment.ts';
import { affineTransform, inverseMatrix, quarterTurns, turned } from './affine.ts';
import { autoContrastTable, equalizeTable, mapBytes, posterizeTable, solarizeTable } from './byteTables.ts';
import { blackImage, blend, greyImage, meanGreyImage, smoothedImage } from './enhance.ts';

/**
 * One operation on a whole image, as torchvision's `_apply_op(image, name, magnitude, BILINEAR, None)`.
 * @param rgb bytes, [heightPx, widthPx, 3]; left as they are
 * @returns new bytes of the same shape
 * @throws RangeError when the bytes do not fit the size, or the operation's magnitude cannot be applied
 */
export function applyOperation(
  rgb: Uint8Array,
  widthPx: number,
  heightPx: number,
  operation: PixelOperation,
): Uint8Array {
  requireOperation(operation);
  if (rgb.length !== widthPx * heightPx * 3) {
    throw new RangeError(
      `An image of ${widthPx}×${heightPx} px needs ${widthPx * heightPx * 3} bytes of RGB, but has ${rgb.length}.`,
    );
  }
  const { name, magnitude } = operation;
  const size = { widthPx, heightPx };
  switch (name) {
    case 'Identity':
      return rgb.slice();
    case 'Rotate': {
      const turns = quarterTurns(magnitude, size);
      if (turns !== null) return turned(rgb, size, turns);
      return affineTransform(rgb, size, inverseMatrix(name, magnitude, size));
    }
    case 'ShearX':
    case 'ShearY':
    case 'TranslateX':
    case 'TranslateY':
      return affineTransform(rgb, size, inverseMatrix(name, magnitude, size));
    case 'Brightness':
      return blend(blackImage(rgb), rgb, 1 + magnitude);
    case 'Color':
      return blend(greyImage(rgb), rgb, 1 + magnitude);
    case 'Contrast':
      return blend(meanGreyImage(rgb), rgb, 1 + magnitude);
    case 'Sharpness':
      return blend(smoothedImage(rgb, size), rgb, 1 + magnitude);
    case 'Posterize':
      return mapBytes(rgb, () => posterizeTable(magnitude));
    case 'Solarize':
      return mapBytes(rgb, () => solarizeTable(magnitude));
    case 'AutoContrast':
      return mapBytes(rgb, autoContrastTable);
    case 'Equalize':
      return mapBytes(rgb, equalizeTable);
  }
}
