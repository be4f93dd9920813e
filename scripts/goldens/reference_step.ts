/**
 * Writes what Tabtrain draws for one step of the reference recipe, for reference_step.py to replay:
 *
 *     npx tsx scripts/goldens/reference_step.ts && OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/reference_step.py
 *
 * With `--search` it prints the seeds in which everything occurs instead.
 */
import { writeFileSync } from 'node:fs';
import { drawTrainParameters } from '../../src/augment/draw.ts';
import { effectiveEmaDecay } from '../../src/recipe/ema.ts';
import { learningRateAt } from '../../src/recipe/learningRate.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import {
  imageSize,
  ReferenceStepSource,
  referenceStepBatches,
  referenceStepPlace,
  referenceStepRecipe,
} from '../../test/support/referenceStep.ts';

function draws(recipe: Recipe) {
  const labels = new ReferenceStepSource().labels();
  return referenceStepBatches(recipe).map(({ rank, position, indices, mix }) => ({
    rank,
    mix,
    images: indices.map((index, i) => {
      const { widthPx, heightPx } = imageSize(index);
      const key = { seed: recipe.seed, epoch: referenceStepPlace.epoch, rank, position: position + i };
      const parameters = drawTrainParameters(recipe, key, widthPx, heightPx);
      return { index, label: labels[index] ?? 0, widthPx, heightPx, parameters };
    }),
  }));
}

function occurring(recipe: Recipe): { operations: number; erased: number; flipped: number; mixes: string } {
  const ranks = draws(recipe);
  const samples = ranks.flatMap(({ images }) => images.map(({ parameters }) => parameters));
  const changing = samples.flatMap(({ operation }) => (operation === null ? [] : [operation.name]));
  return {
    operations: new Set(changing.filter((name) => name !== 'Identity')).size,
    erased: samples.filter(({ erase }) => erase !== null).length,
    flipped: samples.filter(({ flipHorizontally }) => flipHorizontally).length,
    mixes: ranks
      .flatMap(({ mix }) => (mix !== null && mix.lambda > 0.1 && mix.lambda < 0.9 ? [mix.kind] : []))
      .join(' '),
  };
}

if (process.argv.includes('--search')) {
  for (let seed = 0; seed < 3000; seed++) {
    const found = occurring({ ...referenceStepRecipe, seed });
    const mixesBoth = found.mixes === 'mixup cutmix' || found.mixes === 'cutmix mixup';
    if (mixesBoth && found.operations >= 7 && found.erased >= 1) console.info(seed, found);
  }
} else {
  const recipe = referenceStepRecipe;
  const file = new URL('../../test/goldens/reference-step-draws.json', import.meta.url);
  const text = {
    madeBy: 'scripts/goldens/reference_step.ts',
    recipe,
    learningRate: learningRateAt(recipe, referenceStepPlace.epoch),
    emaDecay: effectiveEmaDecay(recipe),
    ranks: draws(recipe),
  };
  writeFileSync(file, `${JSON.stringify(text, null, 1)}\n`);
  console.info(`${file.pathname}:`, occurring(recipe));
}
