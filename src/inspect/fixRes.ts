/**
 * Why training is at another size than validation (FixRes: Touvron et al. 2019, "Fixing the train-test resolution
 * discrepancy"): a random crop that is enlarged shows objects larger than the central view of validation does.
 */
import { drawTrainParameters } from '../augment/draw.ts';
import type { FixResViews, LookSettings } from './types.ts';

const draws = 1000;

/** @returns by side length: 1 where an object appears as large as it is in the image */
export function magnifications(
  settings: LookSettings,
  seed: number,
  widthPx: number,
  heightPx: number,
): FixResViews['magnification'] {
  const crops = Array.from({ length: draws }, (_, position) => {
    const { crop } = drawTrainParameters(settings, { seed, epoch: 0, rank: 0, position }, widthPx, heightPx);
    return 1 / Math.sqrt(crop.widthPx * crop.heightPx);
  }).sort((a, b) => a - b);
  const quantile = (share: number) => crops[Math.round(share * (draws - 1))] ?? Number.NaN;
  const at = (sizePx: number) => ({
    low: quantile(0.1) * sizePx,
    median: quantile(0.5) * sizePx,
    high: quantile(0.9) * sizePx,
  });
  return {
    train: at(settings.trainCropSize),
    trainAtValSize: at(settings.valCropSize),
    validation: settings.valResizeSize / Math.min(widthPx, heightPx),
  };
}
