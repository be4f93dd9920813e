/**
 * Draws the box of random erasing.
 *
 * Source: torchvision 0.14.1, transforms/transforms.py, RandomErasing.get_params with its defaults: scale
 * (0.02, 0.33), ratio (0.3, 3.3). Other than in RandomResizedCrop the ratio is height / width, and a box as
 * high or as wide as the image is not taken.
 */
import type { RandomStream } from '../../recipe/random.ts';
import type { PixelBox } from '../parameters.ts';
import { roundHalfToEven } from './rounding.ts';

const minShare = 0.02;
const maxShare = 0.33;
const minRatio = 0.3;
const maxRatio = 3.3;
const tries = 10;

/**
 * @param random takes, for each try, the area's share, the logarithm of the ratio and, when the box fits, its top
 *   and its left
 * @returns null where none of ten tries fits: the image stays as it is
 */
export function randomErasingBox(
  widthPx: number,
  heightPx: number,
  random: Pick<RandomStream, 'uniform' | 'integer'>,
): PixelBox | null {
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = widthPx * heightPx * random.uniform(minShare, maxShare);
    const ratio = Math.exp(random.uniform(Math.log(minRatio), Math.log(maxRatio)));
    const boxHeight = roundHalfToEven(Math.sqrt(area * ratio));
    const boxWidth = roundHalfToEven(Math.sqrt(area / ratio));
    if (boxHeight >= heightPx || boxWidth >= widthPx) continue;
    const topPx = random.integer(heightPx - boxHeight + 1);
    const leftPx = random.integer(widthPx - boxWidth + 1);
    return { leftPx, topPx, widthPx: boxWidth, heightPx: boxHeight };
  }
  return null;
}
