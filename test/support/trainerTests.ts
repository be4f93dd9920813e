/** The training loop on a small run, with any runner: what it reports, and that a resume equals never having stopped. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { NamedTensors } from '../../src/engine/stepRunner.ts';
import { initialWeights } from '../../src/model/initialWeights.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import type { TrainerEvent } from '../../src/train/events.ts';
import { createRun, emptyHistory, initialState, openTrainer } from '../../src/train/openTrainer.ts';
import { batchesOfStep } from '../../src/train/epochPlan.ts';
import { trainingPlan } from '../../src/train/trainingPlan.ts';
import { SubmitPacing } from '../../src/engine/runtime/submitPacing.ts';
import type { RunnerKind } from '../../src/train/runners.ts';
import { MemoryRunStore, type RunRecord } from '../../src/train/runStore.ts';
import { ColourSource } from './colourSource.ts';
import { createTestDevice } from './gpu.ts';
import { sameBits } from './hash.ts';
import { patience } from './patience.ts';

export const trainerRecipe: Recipe = {
  ...presets['quick-start'].recipe,
  epochs: 2,
  lrWarmupEpochs: 0,
  batchSize: 4,
  trainCropSize: 32,
  valResizeSize: 32,
  valCropSize: 32,
};

/** What the reference recipe does to images. */
const everything: Partial<Recipe> = {
  autoAugment: 'ta_wide',
  randomErase: 0.3,
  mixupAlpha: 0.2,
  cutmixAlpha: 1,
};

/** Describes the trainer with one kind of runner. */
export function describeTrainer(runnerKind: RunnerKind): void {
  let engine: EngineDevice;
  beforeAll(async () => {
    engine = await createTestDevice();
  });
  // All runs here begin with the same weights; nothing changes them but a copy on the GPU.
  const initial = initialState({ ...trainerRecipe, modelEma: true }, 3);

  describe(`computed by ${runnerKind}`, () => {
    async function open(
      changes: Partial<Recipe> = {},
      frozen: Parameters<typeof createRun>[2] = [],
      trainImages = 14,
    ) {
      const events: TrainerEvent[] = [];
      const source = new ColourSource(trainImages);
      const store = new MemoryRunStore();
      const record = createRun({ ...trainerRecipe, ...changes }, source, frozen, runnerKind, 'test');
      const history = emptyHistory();
      const state = { ...initial, ema: record.recipe.modelEma ? initial.ema : null };
      const emit = (event: TrainerEvent) => events.push(event);
      const opened = await openTrainer({
        engine,
        source,
        store,
        record,
        history,
        state,
        pacing: new SubmitPacing(),
        emit,
      });
      return { ...opened, events, source, store, record, history };
    }

    function expectSame(actual: NamedTensors | null, expected: NamedTensors | null): void {
      expect(actual?.size).toBe(expected?.size);
      for (const [name, values] of expected ?? [])
        expect(sameBits(actual?.get(name), values), name).toBe(true);
    }

    const stepsOf = (events: TrainerEvent[]) => events.filter((event) => event.event === 'step');

    describe('a run', { timeout: patience(300_000) }, () => {
      it('resumed in the middle of an epoch equals one that never stopped, bit for bit', async () => {
        const whole = await open(everything);
        expect(await whole.trainer.run()).toBe('finished');
        const expected = await whole.runner.readState();
        expect(stepsOf(whole.events).map(({ step, imagesSeen }) => [step, imagesSeen])).toEqual([
          [1, 4],
          [2, 8],
          [3, 12],
          [4, 14],
          [5, 18],
          [6, 22],
          [7, 26],
          [8, 28],
        ]);

        const first = await open(everything);
        expect(await first.trainer.run(6)).toBe('paused');
        expect(first.record.cursor).toMatchObject({ epoch: 1, stepInEpoch: 2, step: 6 });
        const record = structuredClone((await first.store.read('test')) as RunRecord);
        const history = structuredClone(await first.store.readHistory('test'));
        const state = await first.store.readState('test');
        if (state === null) throw new Error('No checkpoint.');
        const events: TrainerEvent[] = [];
        const { source, store } = first;
        const emit = (event: TrainerEvent) => events.push(event);
        const second = await openTrainer({
          engine,
          source,
          store,
          record,
          history,
          state,
          pacing: new SubmitPacing(),
          emit,
        });
        expect(await second.trainer.run()).toBe('finished');

        const actual = await second.runner.readState();
        expectSame(actual.weights, expected.weights);
        expectSame(actual.momentum, expected.momentum);
        expectSame(actual.ema, expected.ema);
        const losses = [...stepsOf(first.events), ...stepsOf(events)].map(({ loss }) => loss);
        expect(losses).toEqual(stepsOf(whole.events).map(({ loss }) => loss));
        const trained = [...stepsOf(first.events), ...stepsOf(events)];
        const fingerprints = stepsOf(whole.events).map(({ batchFingerprint }) => batchFingerprint);
        expect(trained.map(({ batchFingerprint }) => batchFingerprint)).toEqual(fingerprints);
        expect(new Set(fingerprints).size).toBe(8);
        // What the sixth step trained on, rebuilt: the second of the second epoch.
        const { subset, shape } = trainingPlan(record.recipe, source);
        const [plan] = batchesOfStep(record.recipe, subset, 1, 1, shape);
        if (plan === undefined) throw new Error('No batch.');
        const rebuilt = await second.trainer.pipeline.prepare(plan, 1);
        expect(await rebuilt.fingerprint).toBe(fingerprints[5]);
        rebuilt.images.destroy();
        const figures = ({ evaluations }: typeof history) =>
          evaluations.map(({ trainLoss, trainTop1, valLoss, emaTop1 }) => [
            trainLoss,
            trainTop1,
            valLoss,
            emaTop1,
          ]);
        expect(figures(history)).toEqual(figures(whole.history));
        expect(history.steps).toHaveLength(8);
      });

      it('evaluates raw and EMA weights every epoch and shows validation images', async () => {
        const { trainer, events } = await open({ epochs: 1 });
        await trainer.run();
        const evaluation = events.find((event) => event.event === 'evaluation');
        expect(evaluation).toMatchObject({ epoch: 0, imagesSeen: 14 });
        for (const key of ['top1', 'top5', 'emaTop1', 'trainTop1'] as const) {
          expect(evaluation?.[key]).toBeGreaterThanOrEqual(0);
          expect(evaluation?.[key]).toBeLessThanOrEqual(1);
        }
        // Three classes: the top min(5, 3) is always right.
        expect(evaluation?.top5).toBe(1);
        const shown = events.find((event) => event.event === 'validationImages');
        expect(shown?.images.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(shown?.images[0]?.top).toHaveLength(3);
      });

      it('averages the gradients of emulated ranks and micro-batches by their sizes', async () => {
        const { trainer, events, runner, record } = await open({
          worldSize: 2,
          batchSize: 4,
          microBatchSize: 2,
          epochs: 1,
        });
        await trainer.run(1);
        const before = await runner.readState();
        expect(stepsOf(events)[0]).toMatchObject({ imagesSeen: 8, stepsPerEpoch: 2 });
        // Only rank 0 moves the running statistics: two micro-batches of it.
        expect(before.weights.get('bn1.num_batches_tracked')).toEqual(Float32Array.of(2));
        expect(record.cursor.epochImages).toBe(8);
      });

      it('leaves frozen stages as they are, by the bit, EMA and statistics too', async () => {
        const { trainer, runner, record } = await open({ epochs: 1 }, ['stem', 'layer1']);
        await trainer.run();
        const { weights, ema } = await runner.readState();
        const start = initialWeights(buildResNet('resnet18', 3), record.recipe.seed);
        for (const [name, values] of start) {
          const isFrozen = /^(conv1|bn1|layer1)\b/.test(name);
          if (isFrozen) {
            expect(sameBits(weights.get(name), values), name).toBe(true);
            expect(sameBits(ema?.get(name), values), name).toBe(true);
          } else if (name.endsWith('weight')) {
            expect(sameBits(weights.get(name), values), name).toBe(false);
          }
        }
      });

      it('leaves out a last batch of one image, which batch norm could not normalise', async () => {
        const { trainer, events } = await open({ epochs: 1 }, [], 13);
        await trainer.run();
        expect(stepsOf(events).map(({ imagesSeen }) => imagesSeen)).toEqual([4, 8, 12]);
      });

      it('stops with a message when the loss is no longer a number', async () => {
        const { trainer } = await open({ lr: 1e30 });
        await expect(trainer.run()).rejects.toThrow(
          /no longer a number at step \d+ \(learning rate 1e\+30\).*lower learning rate/,
        );
      });

      it('goes on when a checkpoint cannot be stored, and says so', async () => {
        const { trainer, events, store } = await open({ epochs: 1 });
        store.putCheckpoint = () => Promise.reject(new Error('Storage is full.'));
        expect(await trainer.run()).toBe('finished');
        expect(events.find((event) => event.event === 'problem')).toMatchObject({
          kind: 'storage',
          message: expect.stringMatching(
            /could not be stored.*Storage is full.*save the weights as a file/,
          ) as string,
        });
      });
    });
  });
}
