/** How often each thing was drawn, beside how often it is to be expected: pure, over any samples. */
import type { BatchMix, SampleParameters } from './parameters.ts';
import { pixelOperationNames, type PixelOperationName } from './trivialAugment.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** The fields of a recipe that decide what is drawn for an image. */
export type DrawSettings = Pick<
  Recipe,
  | 'trainCropSize'
  | 'trainScaleMin'
  | 'hflipProb'
  | 'autoAugment'
  | 'randomErase'
  | 'mixupAlpha'
  | 'cutmixAlpha'
>;

export interface DrawCount {
  /** An operation's name, or "Flip", "Erase", "Mixup", "CutMix". */
  name: PixelOperationName | 'Flip' | 'Erase' | 'Mixup' | 'CutMix';
  count: number;
  /** Mean of the distribution that it is drawn from: draws · probability. */
  expected: number;
}

export interface DrawCounts {
  draws: number;
  /** Operations in torchvision's order; empty where the recipe has no automatic augmentation. */
  operations: DrawCount[];
  /** What the recipe does with some probability: flip, erase, mixup, CutMix, as far as it does. */
  others: DrawCount[];
}

export interface CountedDraw {
  parameters: Pick<SampleParameters, 'flipHorizontally' | 'operation' | 'erase'>;
  mix: BatchMix | null;
}

/**
 * Counts draws of one recipe. Erasing is expected as often as it is asked for; it fails ten times in a row
 * only on images a few pixels wide.
 */
export function countDraws(settings: DrawSettings, samples: Iterable<CountedDraw>): DrawCounts {
  const counts = new Map<DrawCount['name'], number>();
  const add = (name: DrawCount['name']) => counts.set(name, (counts.get(name) ?? 0) + 1);
  let draws = 0;
  for (const { parameters, mix } of samples) {
    draws += 1;
    if (parameters.operation !== null) add(parameters.operation.name);
    if (parameters.flipHorizontally) add('Flip');
    if (parameters.erase !== null) add('Erase');
    if (mix !== null) add(mix.kind === 'mixup' ? 'Mixup' : 'CutMix');
  }
  const row = (name: DrawCount['name'], probability: number): DrawCount => ({
    name,
    count: counts.get(name) ?? 0,
    expected: draws * probability,
  });
  const { mixup, cutmix } = mixProbabilities(settings);
  return {
    draws,
    operations:
      settings.autoAugment === null
        ? []
        : pixelOperationNames.map((name) => row(name, 1 / pixelOperationNames.length)),
    others: (
      [
        ['Flip', settings.hflipProb],
        ['Erase', settings.randomErase],
        ['Mixup', mixup],
        ['CutMix', cutmix],
      ] as const
    )
      .filter(([, probability]) => probability > 0)
      .map(([name, probability]) => row(name, probability)),
  };
}

/** Every batch is mixed in one of the two ways where the recipe has both, each with the same probability. */
function mixProbabilities({ mixupAlpha, cutmixAlpha }: DrawSettings): { mixup: number; cutmix: number } {
  const kinds = (mixupAlpha > 0 ? 1 : 0) + (cutmixAlpha > 0 ? 1 : 0);
  if (kinds === 0) return { mixup: 0, cutmix: 0 };
  return { mixup: mixupAlpha > 0 ? 1 / kinds : 0, cutmix: cutmixAlpha > 0 ? 1 / kinds : 0 };
}
