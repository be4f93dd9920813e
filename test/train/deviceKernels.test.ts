/** Which kernels a run gets: tuned ones, its own when it is resumed, and none where the self-test finds them wrong. */
import 'fake-indexeddb/auto';
import { beforeEach, expect, it } from 'vitest';
import { defaultKernelChoice, isChoiceSupported } from '../../src/engine/kernelChoice.ts';
import type { KernelChoice } from '../../src/engine/plan/builder.ts';
import { readSafetensors } from '../../src/exchange/safetensors.ts';
import { IndexedDbRunStore } from '../../src/train/indexedDbRunStore.ts';
import { tuningKey, TuningStore } from '../../src/train/tuningStore.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sameBits } from '../support/hash.ts';
import { requestMiscompilingDevice } from '../support/miscompile.ts';
import { Page, smallRecipe as recipe } from '../support/page.ts';
import { patience } from '../support/patience.ts';

const engine = await createTestDevice();
const standard = defaultKernelChoice(engine);
/** Right everywhere, other bits than the default: filter gradients are added up in other shares. */
const other: KernelChoice = { ...standard, workgroups: 4096 };
const request = {
  recipe: { ...recipe, epochs: 2 },
  datasetId: 'colours',
  initialWeights: null,
  runner: 'engine',
} as const;

beforeEach(async () => {
  const store = await IndexedDbRunStore.open();
  for (const { id } of await store.list()) await store.delete(id);
});

async function tuneTo(choice: KernelChoice): Promise<void> {
  const store = await TuningStore.open();
  const gflops = { forward: 1, inputGradient: 2, filterGradient: 3 };
  await store.put(tuningKey(engine, 'test'), { choice, gflops, tunedAtMs: 5 });
}

async function weightsOf(page: Page, id: string): Promise<Map<string, Float32Array>> {
  const file = await readSafetensors(await page.service.exportWeights(id, 'raw'));
  const weights = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) weights.set(name, await file.readFloat32(name));
  return weights;
}

function differing(a: Map<string, Float32Array>, b: Map<string, Float32Array>): string[] {
  return [...a.keys()].filter((name) => !sameBits(a.get(name), b.get(name)));
}

it(
  'resumes with the kernels a run began with, also after tuning chose others',
  { timeout: patience(300_000) },
  async () => {
    const whole = new Page();
    const wholeId = await whole.service.start(request);
    await whole.untilStatus('finished');

    const first = new Page();
    const id = await first.service.start(request);
    await first.untilSteps(2);
    await first.service.pause();
    await tuneTo(other);

    const second = new Page();
    const report = await second.service.kernels();
    expect(report).toMatchObject({ workgroups: other.workgroups, tunedAtMs: 5, selfTest: null });
    expect(report.passes.map(({ gflops }) => gflops)).toEqual([1, 2, 3]);
    await second.service.resume(id);
    await second.untilStatus('finished');
    const store = await IndexedDbRunStore.open();
    expect((await store.read(id))?.kernels).toEqual(standard);
    const expected = await weightsOf(whole, wholeId);
    expect(differing(await weightsOf(second, id), expected)).toEqual([]);

    // A new run gets what tuning found, and other bits with it: the comparison above can fail.
    const tunedId = await second.service.start(request);
    await second.untilStatus('finished');
    expect((await store.read(tunedId))?.kernels).toEqual(other);
    expect(differing(await weightsOf(second, tunedId), expected).length).toBeGreaterThan(10);
  },
);

it(
  'computes a run by plain tfjs where a kernel is wrong, and says which',
  { timeout: patience(300_000) },
  async () => {
    const page = new Page(async () => {
      const broken = await requestMiscompilingDevice(
        (kernel) => kernel === 'averagePool',
        (code) => code.replace('y[index] = Stored(sum', 'y[index] = Stored(0.5 * sum'),
      );
      // As a graphics processor, which is tested at once.
      return { ...broken, isSoftware: false };
    });
    expect(await page.service.device()).toMatchObject({ ok: true });
    const id = await page.service.start(request);
    await page.untilSteps(1);
    await page.service.stop();
    expect(page.events.find((event) => event.event === 'problem')?.message).toMatch(
      /"averagePool" computes wrong results.*computed by plain tfjs/s,
    );
    const [run] = await page.service.runs();
    expect(run).toMatchObject({ id, runner: 'tfjs' });
    expect((await page.service.kernels()).selfTest).toMatchObject({ isUsable: false });
  },
);

it('gives the device to one task at a time, and cancels it', { timeout: patience(300_000) }, async () => {
  const page = new Page();
  const progress: string[] = [];
  const testing = page.service.selfTest(({ label, done }) => {
    progress.push(label);
    if (done === 3) void page.service.cancelDeviceTask();
  });
  await expect(page.service.start(request)).rejects.toThrow(
    /being measured in the Device view\. Wait for it, or cancel it there, to start another run/,
  );
  await expect(testing).rejects.toMatchObject({ name: 'AbortError' });
  expect(progress.length).toBeLessThan(10);

  await page.service.start(request);
  await page.untilSteps(1);
  await expect(page.service.tune(() => undefined)).rejects.toThrow(/A run is training in this tab/);
  await page.service.stop();
});

it('compares the runners on the same step', { timeout: patience(300_000) }, async () => {
  const page = new Page();
  const seen: number[] = [];
  const question = { model: 'resnet18', batchSize: 2, sizePx: 32, steps: 1 } as const;
  const report = await page.service.compareRunners(question, ({ done, total }) => seen.push(done / total));
  expect(report).toMatchObject(question);
  expect(report.engine.firstLoss).toBeCloseTo(report.tfjs.firstLoss, 2);
  expect(report.engine.msPerStep).toBeGreaterThan(0);
  expect(report.tfjs.firstStepMs).toBeGreaterThan(report.tfjs.msPerStep);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((step) => step / 6));
});

it('knows a choice whose variants a device lacks', () => {
  const variant = { rows: 'subgroup', tileRows: 16 } as const;
  const convolution = { ...standard.convolution, inputGradient: variant };
  const wide: GPUAdapterInfo = {
    ...{ vendor: '', architecture: '', device: '', description: '', __brand: 'GPUAdapterInfo' },
    ...{ subgroupMinSize: 32, subgroupMaxSize: 32, isFallbackAdapter: false },
  };
  expect(isChoiceSupported({ ...engine, adapterInfo: wide }, { ...standard, convolution })).toBe(false);
  expect(isChoiceSupported(engine, standard)).toBe(true);
});
