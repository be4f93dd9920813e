/**
 * Draws what happens to an image, and to a batch: pure, and a function of the recipe, the key and the image's size
 * only.
 *
 * Semantics of torchvision 0.14.1: RandomResizedCrop.get_params, RandomHorizontalFlip, F.resize with one
 * size, F.center_crop; TrivialAugment, erasing and mixing in the folder draw. The random numbers are Tabtrain's own (counter-based), so that any sample of any
 * batch can be drawn again alone.
 */
import { randomStream, type RandomStream } from '../recipe/random.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { randomErasingBox } from './draw/erase.ts';
import { drawOperation } from './draw/operation.ts';
import { roundHalfToEven } from './draw/rounding.ts';
import { requireImageSize, type PixelBox, type SampleParameters } from './parameters.ts';

export { drawBatchMix, mixedTargets, type BatchKey } from './draw/mix.ts';
export { roundHalfToEven } from './draw/rounding.ts';

/** Which sample of which run: `position` is the sample's place in its rank's epoch. */
export interface SampleKey {
  seed: number;
  epoch: number;
  rank: number;
  position: number;
}

const minRatio = 3 / 4;
const maxRatio = 4 / 3;
const tries = 10;

/** What of a recipe decides a training image's parameters. */
export type TrainDrawRecipe = Pick<
  Recipe,
  'trainCropSize' | 'trainScaleMin' | 'hflipProb' | 'autoAugment' | 'randomErase'
>;

/**
 * Training: a random box resized to trainCropSize, mirrored with probability hflipProb, changed by an operation of
 * TrivialAugmentWide, erased with probability randomErase. Each has a stream of its own: switching one off changes
 * none of the others.
 * @throws RangeError for an image without pixels
 */
export function drawTrainParameters(
  recipe: TrainDrawRecipe,
  key: SampleKey,
  widthPx: number,
  heightPx: number,
): SampleParameters {
  requireImageSize(widthPx, heightPx);
  const cropStream = randomStream({ ...key, purpose: 'randomResizedCrop' });
  const flipStream = randomStream({ ...key, purpose: 'horizontalFlip' });
  const eraseStream = randomStream({ ...key, purpose: 'randomErasing' });
  const sizePx = recipe.trainCropSize;
  return {
    crop: randomResizedPixelBox(widthPx, heightPx, recipe.trainScaleMin, cropStream),
    resize: { widthPx: sizePx, heightPx: sizePx },
    window: { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx },
    flipHorizontally: flipStream.uniform(0, 1) < recipe.hflipProb,
    operation:
      recipe.autoAugment === null ? null : drawOperation(randomStream({ ...key, purpose: 'trivialAugment' })),
    erase:
      eraseStream.uniform(0, 1) < recipe.randomErase ? randomErasingBox(sizePx, sizePx, eraseStream) : null,
  };
}

/**
 * The box of RandomResizedCrop (reference script: scale (0.08, 1), ratio (3/4, 4/3)).
 * @param scaleMin smallest share of the image's area, in (0, 1]; the largest is 1
 * @param random takes, for each try, the area's share, the logarithm of the ratio and, when the box fits,
 *   its top and its left
 */
export function randomResizedPixelBox(
  widthPx: number,
  heightPx: number,
  scaleMin: number,
  random: Pick<RandomStream, 'uniform' | 'integer'>,
): PixelBox {
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = widthPx * heightPx * random.uniform(scaleMin, 1);
    const ratio = Math.exp(random.uniform(Math.log(minRatio), Math.log(maxRatio)));
    const cropWidth = roundHalfToEven(Math.sqrt(area * ratio));
    const cropHeight = roundHalfToEven(Math.sqrt(area / ratio));
    if (cropWidth > 0 && cropWidth <= widthPx && cropHeight > 0 && cropHeight <= heightPx) {
      const topPx = random.integer(heightPx - cropHeight + 1);
      const leftPx = random.integer(widthPx - cropWidth + 1);
      return { leftPx, topPx, widthPx: cropWidth, heightPx: cropHeight };
    }
  }
  return centralCropWithinRatios(widthPx, heightPx);
}

/** The largest central box whose ratio is allowed: what torchvision takes after ten tries. */
function centralCropWithinRatios(widthPx: number, heightPx: number): PixelBox {
  const imageRatio = widthPx / heightPx;
  let cropWidth = widthPx;
  let cropHeight = heightPx;
  if (imageRatio < minRatio) cropHeight = roundHalfToEven(widthPx / minRatio);
  else if (imageRatio > maxRatio) cropWidth = roundHalfToEven(heightPx * maxRatio);
  return {
    leftPx: Math.floor((widthPx - cropWidth) / 2),
    topPx: Math.floor((heightPx - cropHeight) / 2),
    widthPx: cropWidth,
    heightPx: cropHeight,
  };
}

/**
 * Validation: the short side resized to valResizeSize, then the central valCropSize square.
 * @throws RangeError for an image without pixels
 */
export function validationParameters(
  recipe: Pick<Recipe, 'valResizeSize' | 'valCropSize'>,
  widthPx: number,
  heightPx: number,
): SampleParameters {
  requireImageSize(widthPx, heightPx);
  const shortPx = recipe.valResizeSize;
  const longPx = Math.trunc((shortPx * Math.max(widthPx, heightPx)) / Math.min(widthPx, heightPx));
  const resize =
    widthPx <= heightPx ? { widthPx: shortPx, heightPx: longPx } : { widthPx: longPx, heightPx: shortPx };
  const sizePx = recipe.valCropSize;
  return {
    crop: { leftPx: 0, topPx: 0, widthPx, heightPx },
    resize,
    window: {
      leftPx: centralOffset(resize.widthPx, sizePx),
      topPx: centralOffset(resize.heightPx, sizePx),
      widthPx: sizePx,
      heightPx: sizePx,
    },
    flipHorizontally: false,
    operation: null,
    erase: null,
  };
}

/** Where center_crop's window begins: a side that is too short is padded first, the smaller half before. */
function centralOffset(imagePx: number, windowPx: number): number {
  return windowPx > imagePx
    ? -Math.floor((windowPx - imagePx) / 2)
    : roundHalfToEven((imagePx - windowPx) / 2);
}
