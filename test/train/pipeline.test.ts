/** Training batches of the whole recipe on the GPU against the CPU reference, and rebuilt alone. */
import { describe, expect, it } from 'vitest';
import { tensorReference } from '../../src/augment/reference/sample.ts';
import { mixReference } from '../../src/augment/reference/mix.ts';
import { drawTrainParameters } from '../../src/augment/draw.ts';
import type { DecodedImage, SplitName } from '../../src/data/types.ts';
import { readBuffer } from '../../src/engine/runtime/readBuffer.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { combineFingerprints } from '../../src/train/batchFingerprint.ts';
import { batchesOfStep, epochBatches } from '../../src/train/epochPlan.ts';
import { ImagePipeline, type TrainingImages } from '../../src/train/pipeline.ts';
import { trainingPlan } from '../../src/train/trainingPlan.ts';
import { ColourSource } from '../support/colourSource.ts';
import { createTestDevice } from '../support/gpu.ts';

class CountingSource extends ColourSource {
  decoded = 0;
  override decode(split: SplitName, indices: readonly number[]): Promise<DecodedImage[]> {
    this.decoded += indices.length;
    return super.decode(split, indices);
  }
}

/** Everything on; images of 32 px, some erased. */
const recipe: Recipe = {
  ...presets.reference.recipe,
  worldSize: 4,
  batchSize: 5,
  raTruncate: false,
  raReps: 2,
  trainCropSize: 32,
  randomErase: 0.5,
};
const epoch = 1;

async function allBatches(changes: Partial<Recipe>) {
  const engine = await createTestDevice();
  const asked = { ...recipe, ...changes };
  const source = new CountingSource(28);
  const { subset, shape } = trainingPlan(asked, source);
  const pipeline = new ImagePipeline(engine, source, asked);
  const batches: (TrainingImages & { values: Float32Array; hash: string })[] = [];
  const plans = epochBatches(asked, subset, epoch, 0, shape);
  for await (const batch of pipeline.trainingBatches(epoch, plans)) {
    const values = await readBuffer(engine.device, batch.images, 0, batch.images.size);
    batches.push({ ...batch, values, hash: await batch.fingerprint });
    batch.images.destroy();
  }
  pipeline.destroy();
  return { engine, asked, source, subset, shape, batches };
}

describe.each([
  { name: 'whole batches', microBatchSize: null },
  { name: 'parts of batches', microBatchSize: 2 },
])('a pipeline of $name', ({ microBatchSize }) => {
  it('gives what the CPU reference gives of the same draws, mixed over the rank’s batch', async () => {
    const { source, batches, asked, shape } = await allBatches({ microBatchSize });
    expect(shape).toEqual({ stepsPerEpoch: 2, imagesPerRank: 7, droppedImages: 0 });
    expect(batches).toHaveLength(microBatchSize === null ? 8 : 16);
    const kinds = new Set(batches.map(({ plan }) => plan.mix?.kind));
    expect([...kinds].sort()).toEqual(['cutmix', 'mixup']);
    let differing = 0;
    let compared = 0;
    for (let step = 0; step < 2; step++) {
      for (let rank = 0; rank < 4; rank++) {
        const own = batches.filter(({ plan }) => plan.step === step && plan.rank === rank);
        const indices = own.flatMap(({ plan }) => plan.indices);
        const images = await source.decode('train', indices);
        const mix = own[0]?.plan.mix;
        if (mix == null) throw new Error('The recipe mixes every batch.');
        const tensors = images.map((image, i) => {
          if (image.kind !== 'pixels') throw new Error('The source gives pixels.');
          const key = { seed: asked.seed, epoch, rank, position: step * asked.batchSize + i };
          return tensorReference(image, drawTrainParameters(asked, key, image.widthPx, image.heightPx));
        });
        const expected = mixReference(tensors, 32, 32, mix).flatMap((tensor) => [...tensor]);
        const actual = own.flatMap(({ values }) => [...values]);
        expect(actual).toHaveLength(expected.length);
        expected.forEach((value, i) => {
          const difference = Math.abs(value - (actual[i] ?? NaN));
          // A byte more or less is 0.018 after normalisation, and comes seldom.
          expect(difference).toBeLessThan(0.036);
          if (difference > 1e-6) differing++;
          compared++;
        });
        const labels = indices.map((index) => source.labels('train')[index] ?? -1);
        const targets = own.flatMap((batch) => [...batch.targets]);
        labels.forEach((label, i) => {
          const partner = labels[(i + labels.length - 1) % labels.length];
          for (let c = 0; c < 3; c++) {
            const share = (c === label ? mix.lambda : 0) + (c === partner ? 1 - mix.lambda : 0);
            expect(targets[i * 3 + c]).toBeCloseTo(share, 6);
          }
        });
      }
    }
    console.info(`${String(differing)} of ${String(compared)} values differ by a rounding of a byte`);
    expect(differing / compared).toBeLessThan(1e-3);
  });

  it('gives any step again alone, by its fingerprint', async () => {
    const { engine, asked, subset, shape, batches } = await allBatches({ microBatchSize });
    const again = new ImagePipeline(engine, new ColourSource(28), asked);
    for (const step of [1, 0]) {
      const recorded = batches.filter(({ plan }) => plan.step === step).map(({ hash }) => hash);
      expect(new Set(recorded).size).toBe(recorded.length);
      const rebuilt: string[] = [];
      for (const plan of batchesOfStep(asked, subset, epoch, step, shape)) {
        const batch = await again.prepare(plan, epoch);
        rebuilt.push(await batch.fingerprint);
        batch.images.destroy();
      }
      expect(rebuilt).toEqual(recorded);
      expect(combineFingerprints(rebuilt)).toMatch(/^[0-9a-f]{16}$/);
    }
    const [plan] = batchesOfStep(asked, subset, epoch, 0, shape);
    if (plan === undefined) throw new Error('No batch.');
    const other = await again.prepare(plan, epoch + 1);
    expect(await other.fingerprint).not.toBe(batches[0]?.hash);
    other.images.destroy();
    again.destroy();
  });

  it('decodes an image once for all its repetitions and ranks', async () => {
    const { source } = await allBatches({ microBatchSize });
    expect(source.decoded).toBe(14);
  });
});

describe('combineFingerprints', () => {
  it('depends on every one and their order', () => {
    const [a, b, c] = ['0123456789abcdef', 'fedcba9876543210', '0000000000000000'];
    const combined = [
      [a, b],
      [b, a],
      [a, c],
      [a, b, c],
    ].map(combineFingerprints);
    expect(new Set(combined).size).toBe(4);
    for (const hash of combined) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(combineFingerprints([a])).toBe(a);
  });
});
