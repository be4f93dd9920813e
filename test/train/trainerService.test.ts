/** What the page asks of training, with runs in IndexedDB (fake-indexeddb) and a reload in between. */
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { dawn } from '../../cli/dawn.ts';
import { requestEngineDevice } from '../../src/engine/device.ts';
import { readSafetensors } from '../../src/exchange/safetensors.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { IndexedDbRunStore } from '../../src/train/indexedDbRunStore.ts';
import { createTestDevice } from '../support/gpu.ts';
import { Page, smallRecipe as recipe } from '../support/page.ts';
import { patience } from '../support/patience.ts';

const question = { datasetId: 'colours', frozenStages: [], runner: 'engine' as const };

beforeEach(async () => {
  const store = await IndexedDbRunStore.open();
  for (const { id } of await store.list()) await store.delete(id);
  for (const attempt of await store.attempts()) await store.endAttempt(attempt);
});

describe('the trainer', { timeout: patience(300_000) }, () => {
  it('goes on after a reload, with the curves of the whole run', async () => {
    const first = new Page();
    const ladder = { queueId: 'q', rung: 'mixup' } as const;
    const id = await first.service.start({
      recipe,
      datasetId: 'colours',
      initialWeights: null,
      runner: 'engine',
      ladder,
    });
    await first.untilSteps(2);
    // The page offers Pause from here on.
    expect(first.status()).toBe('training');
    await expect(
      first.service.start({ recipe, datasetId: 'colours', initialWeights: null, runner: 'engine' }),
    ).rejects.toThrow(/A run is training in this tab\. Pause or stop it/);
    await first.service.pause();
    expect(first.status()).toBe('paused');
    const paused = first.steps().length;
    await first.service.step();
    expect(first.steps()).toHaveLength(paused + 1);

    const second = new Page();
    const [run] = await second.service.runs();
    expect(run).toMatchObject({ id, status: 'paused', resumable: true, step: paused + 1, totalSteps: 9 });
    expect(run?.ladder).toEqual(ladder);
    const history = await second.service.history(id);
    expect(history.steps.map(({ step }) => step)).toEqual(first.steps().map(({ step }) => step));
    await second.service.resume(id);
    await second.untilStatus('finished');
    const whole = await second.service.history(id);
    expect(whole.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(whole.evaluations.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(await second.service.runs()).toMatchObject([{ status: 'finished', resumable: false }]);

    // A third page has only what is stored.
    const third = new Page();
    const { top, classes } = await third.service.predict(new Blob(), 'ema');
    expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(classes).toEqual(['red', 'green', 'blue']);
    const file = await readSafetensors(await third.service.exportWeights(id, 'ema'));
    expect(file.tensors.size).toBe(122);
    expect(file.metadata).toMatchObject({ model: 'resnet18', weights: 'ema', step: '9' });
    await third.service.deleteRun(id);
    expect(await third.service.runs()).toEqual([]);
  });

  it('keeps the last checkpoint when the device is lost, and goes on from it', async () => {
    const page = new Page(() => requestEngineDevice(dawn()));
    const id = await page.service.start({
      recipe,
      datasetId: 'colours',
      initialWeights: null,
      runner: 'engine',
    });
    await page.untilSteps(1);
    await page.service.pause();
    const checkpointed = page.steps().length;
    await page.service.resume(id);
    await page.untilSteps(checkpointed + 1);
    page.devices[0]?.device.destroy();
    await page.untilStatus('paused');
    expect(page.events.find((event) => event.event === 'problem')).toMatchObject({
      kind: 'device-lost',
      message: expect.stringMatching(/device was lost.*Resume goes on from the last checkpoint/) as string,
    });
    const before = page.events.length;
    await page.service.resume(id);
    await page.untilStatus('finished');
    expect(page.devices).toHaveLength(2);
    const resumed = page.events.slice(before).filter((event) => event.event === 'step');
    expect(resumed[0]?.step).toBe(checkpointed + 1);
    expect((await page.service.history(id)).steps.map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  it('computes a run by the runner that was asked for', async () => {
    const page = new Page();
    const starting = page.service.start({
      recipe,
      datasetId: 'colours',
      initialWeights: null,
      runner: 'engine-f16',
    });
    if (!(await createTestDevice()).device.features.has('shader-f16')) {
      await expect(starting).rejects.toThrow(/no 16-bit floats/);
      return;
    }
    const id = await starting;
    await page.untilSteps(1);
    await page.service.stop();
    expect((await page.service.runs()).find((run) => run.id === id)?.runner).toBe('engine-f16');
  });

  it('remembers a first step for which memory was not enough, until one as large succeeds', async () => {
    const small = { ...recipe, epochs: 1 };
    const large = { ...small, batchSize: 8 };
    const start = (page: Page, asked: Recipe) =>
      page.service.start({ recipe: asked, datasetId: 'colours', initialWeights: null, runner: 'engine' });
    const warnings = async (asked: Recipe) =>
      (await new Page().service.estimate({ ...question, recipe: asked })).warnings.filter((warning) =>
        warning.includes('did not end here'),
      );

    // The weights fit, the activations do not.
    const failing = new Page(async () => {
      const engine = await requestEngineDevice(dawn());
      const { device } = engine;
      const pop = device.popErrorScope.bind(device);
      let scopes = 0;
      device.popErrorScope = async () => {
        scopes += 1;
        const error = await pop();
        return scopes > 1 ? new GPUOutOfMemoryError('simulated') : error;
      };
      return engine;
    });
    await start(failing, large);
    await failing.untilStatus('failed');
    expect(failing.events.find((event) => event.event === 'problem')).toMatchObject({
      kind: 'out-of-memory',
      message: expect.stringMatching(/\d bytes\) of activations.*Set a smaller microBatchSize/) as string,
    });

    const [warning] = await warnings(large);
    expect(warning).toMatch(/batch 8 and 32 px.*lower batchSize or microBatchSize to \d+/);
    const suggested = Number(/microBatchSize to (\d+)/.exec(warning ?? '')?.[1]);
    expect(suggested).toBeLessThan(8);
    expect(await warnings(small)).toEqual([]);

    const working = new Page();
    await start(working, small);
    await working.untilStatus('finished');
    expect(await warnings(large)).toHaveLength(1);
    const again = new Page();
    await start(again, large);
    await again.untilStatus('finished');
    expect(await warnings(large)).toEqual([]);
  });

  it('estimates time and memory, and refuses what cannot be held, with a batch size that can', async () => {
    const { service } = new Page();
    const estimate = await service.estimate({ ...question, recipe });
    expect(estimate).toMatchObject({ stepsPerEpoch: 3, totalSteps: 9, refusal: null });
    expect(estimate.totalSeconds).toBeGreaterThan(0);
    expect(estimate.basis).toMatch(/measurement|last run/);
    const large = {
      ...recipe,
      model: 'resnet50',
      batchSize: 128,
      trainCropSize: 224,
      valResizeSize: 224,
      valCropSize: 224,
    } as const;
    const { refusal } = await service.estimate({ ...question, recipe: large });
    expect(refusal).toMatch(
      /One step of resnet50 at batch 128 and 224 px takes about [\d.]+ GiB.*Lower batchSize to \d+/,
    );
    const batchSize = Number(/batchSize to (\d+)/.exec(refusal ?? '')?.[1]);
    expect((await service.estimate({ ...question, recipe: { ...large, batchSize } })).refusal).toBeNull();
    await expect(
      service.start({ recipe: large, datasetId: 'colours', initialWeights: null, runner: 'engine' }),
    ).rejects.toThrow(/Lower batchSize/);
  });
});
