/** Any StepRunner with gradient clipping against torch.nn.utils.clip_grad_norm_; scripts/goldens/clip_grad_norm.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { StepRunner } from '../../src/engine/stepRunner.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { createTestDevice } from './gpu.ts';
import { relativeL2 } from './hash.ts';
import { smallBatch, smallState } from './smallGraph.ts';

interface Goldens {
  setup: Pick<Recipe, 'lr' | 'momentum' | 'weightDecay' | 'normWeightDecay' | 'labelSmoothing'> & {
    steps: number;
  };
  cases: {
    limit: number;
    norms: number[];
    weights: Record<string, number[]>;
    momentum: Record<string, number[]>;
    torchF32Error: number;
  }[];
}

const goldens = JSON.parse(
  readFileSync(new URL('../goldens/clip-grad-norm.json', import.meta.url), 'utf8'),
) as Goldens;

const { steps, lr, momentum, weightDecay, normWeightDecay, labelSmoothing } = goldens.setup;

export function describeClipping(
  create: (engine: EngineDevice, recipe: Recipe) => Promise<StepRunner>,
): void {
  const recipe: Recipe = {
    ...presets.baseline.recipe,
    ...{ lr, momentum, weightDecay, normWeightDecay, labelSmoothing },
  };

  async function train(clipGradNorm: number) {
    const engine = await createTestDevice();
    const runner = await create(engine, { ...recipe, clipGradNorm });
    runner.writeState({ ...smallState(), ema: null });
    const norms: number[] = [];
    for (let step = 0; step < steps; step += 1) {
      const batch = smallBatch(engine, 100 + step);
      await runner.accumulate({ ...batch, gradientWeight: 1, updatesRunningStatistics: true });
      const gradients = await runner.readGradients();
      norms.push(Math.hypot(...[...gradients.values()].flatMap((g) => [...g])));
      runner.update({ learningRate: lr, ema: 'skip' });
      batch.images.destroy();
    }
    const state = await runner.readState();
    runner.destroy();
    return { norms, state };
  }

  describe.each(goldens.cases)(
    'clipped to $limit',
    ({ limit, norms, weights, momentum: moved, torchF32Error }) => {
      it('trains as torch does', async () => {
        const result = await train(limit);
        expect(relativeL2(result.norms, norms)).toBeLessThan(1e-5);
        const tolerance = 10 * torchF32Error;
        for (const [name, values] of Object.entries(weights))
          expect(relativeL2(result.state.weights.get(name) ?? [], values), name).toBeLessThan(tolerance);
        for (const [name, values] of Object.entries(moved))
          expect(relativeL2(result.state.momentum.get(name) ?? [], values), name).toBeLessThan(tolerance);
      });
    },
  );
}
