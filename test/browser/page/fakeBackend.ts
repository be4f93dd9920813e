/** The trainer of the fake workers: behaves as protocol.ts says, with curves from a formula. */
import type {
  Backend,
  DatasetSummary,
  DeviceReport,
  EstimateQuestion,
  Prediction,
  RunEstimate,
  RunStatus,
  RunSummary,
  StartRequest,
  TrainerApi,
  TrainerEvent,
  WeightsKind,
} from '../../../src/protocol.ts';
import { rungNames } from '../../../src/recipe/ladder.ts';
import { defaultScale, ladderRecipe } from '../../../src/recipe/ladderScale.ts';
import { presets } from '../../../src/recipe/presets.ts';
import type { Recipe } from '../../../src/recipe/recipe.ts';
import { FakeDevice } from './fakeDevice.ts';
import { FakeCurves } from './fakeCurves.ts';
import { demoDataset, drawPicture, FakeImporter } from './fakeData.ts';
import { createFakeInspector } from './fakeInspector.ts';
import type { FakeSettings } from './fakeSettings.ts';

const imagesPerSecond = 212;
const parameterCounts = {
  resnet18: 11.18e6,
  resnet34: 21.29e6,
  resnet50: 23.53e6,
  resnet101: 42.53e6,
  resnet152: 58.17e6,
};

const referenceAugmentation = {
  autoAugment: 'ta_wide',
  randomErase: 0.1,
  mixupAlpha: 0.2,
  cutmixAlpha: 1,
} as const;

interface FakeRun {
  summary: RunSummary;
  curves: FakeCurves;
}

function imageCount(dataset: DatasetSummary, recipe: Recipe): number {
  const stored = dataset.trainPerClass.reduce((sum, count) => sum + count, 0);
  return Math.min(stored, recipe.limit ?? Infinity);
}

class FakeTrainer extends FakeDevice implements TrainerApi {
  #runs = new Map<string, FakeRun>();
  #current: FakeRun | null = null;
  #onEvent: (event: TrainerEvent) => void = () => undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly settings: FakeSettings,
    private readonly importer: FakeImporter,
  ) {
    super(settings.wrongKernel);
    for (let i = 0; i < settings.runs; i += 1) this.#store(`finished-${i}`, 'finished', 1, 1000 + i * 5000);
    if (settings.unfinished) this.#store('unfinished', 'training', 0.3, 300);
    for (let i = 0; i < settings.ladder; i += 1) this.#storeRung(i);
    for (const summary of settings.keep ? readKept() : []) {
      this.#runs.set(summary.id, { summary, curves: this.#curves(summary.recipe) });
    }
  }

  #curves(recipe: Recipe): FakeCurves {
    return new FakeCurves(recipe, imageCount(demoDataset, recipe), imagesPerSecond);
  }

  #storeRung(i: number): void {
    const place = Math.round((i * (rungNames.length - 1)) / Math.max(1, this.settings.ladder - 1));
    const rung = rungNames[place] ?? 'baseline';
    const id = `rung-${rung}`;
    const recipe = ladderRecipe(rung, defaultScale, imageCount(demoDataset, presets.baseline.recipe));
    this.#store(id, 'finished', 1, 600 - i * 40, recipe);
    const run = this.#runs.get(id);
    if (run !== undefined) run.summary = { ...run.summary, ladder: { queueId: 'earlier', rung } };
  }

  /** As at a checkpoint: what came after it is lost with the page. */
  #keep(): void {
    if (!this.settings.keep) return;
    const stored = [...this.#runs.values()].map(({ summary }) => summary);
    sessionStorage.setItem(keptKey, JSON.stringify(stored));
  }

  #store(
    id: string,
    status: RunStatus,
    share: number,
    secondsAgo: number,
    recipe: Recipe = this.settings.mixing
      ? { ...presets['quick-start'].recipe, ...referenceAugmentation, worldSize: 2 }
      : presets['quick-start'].recipe,
  ): void {
    const curves = this.#curves(recipe);
    const step = Math.round(curves.totalSteps * share);
    this.#runs.set(id, {
      curves,
      summary: {
        id,
        recipe,
        datasetId: demoDataset.id,
        datasetName: demoDataset.name,
        classes: demoDataset.classes,
        status,
        createdAtMs: Date.now() - secondsAgo * 1000 - 600_000,
        updatedAtMs: Date.now() - secondsAgo * 1000,
        step,
        totalSteps: curves.totalSteps,
        frozenStages: [],
        runner: 'engine',
        resumable: true,
        lastEvaluation: curves.history(step).evaluations.at(-1) ?? null,
      },
    });
  }

  device(): Promise<DeviceReport> {
    const messages = {
      'insecure-context':
        'This page came over plain http from another machine, and browsers allow WebGPU only on secure pages. Open it over https, or as http://localhost on the machine that serves it.',
      'no-webgpu': 'Open the page in a current Chrome, Edge, Safari or Firefox that has WebGPU switched on.',
      'no-adapter': 'Check that hardware acceleration is switched on in the browser’s settings, then reload.',
    } as const;
    const { device } = this.settings;
    if (device !== 'gpu' && device !== 'software') {
      return Promise.resolve({ ok: false, reason: device, message: messages[device] });
    }
    return Promise.resolve({
      ok: true,
      adapter: device === 'gpu' ? 'intel gen-12lp' : 'google swiftshader',
      isSoftware: device === 'software',
      features: ['shader-f16', 'timestamp-query', 'subgroups'],
      limits: fakeLimits,
    });
  }

  estimate({ recipe, datasetId, frozenStages }: EstimateQuestion): Promise<RunEstimate> {
    const dataset = this.importer.datasets.find(({ id }) => id === datasetId);
    if (dataset === undefined) throw new Error('This data set is no longer stored. Choose another.');
    const curves = new FakeCurves(recipe, imageCount(dataset, recipe), imagesPerSecond);
    const pixels = recipe.batchSize * recipe.trainCropSize ** 2;
    const tooLarge = this.settings.refused || recipe.model === 'resnet152';
    return Promise.resolve({
      parameterCount: parameterCounts[recipe.model],
      stepsPerEpoch: curves.stepsPerEpoch,
      totalSteps: curves.totalSteps,
      secondsPerStep: 0.15,
      totalSeconds: curves.totalSteps * 0.15 * (1 - 0.1 * frozenStages.length),
      gpuBytes: parameterCounts[recipe.model] * 16 + pixels * 3200,
      basis: 'measured on this machine in an earlier run',
      refusal: tooLarge
        ? 'This needs 5.1 GB of graphics memory and there are about 2.1 GB. Lower the batch size to 8, or choose ResNet-18.'
        : null,
      warnings:
        recipe.batchSize > 64
          ? ['The last batch of an epoch has only 6 images; it is trained on as it is.']
          : [],
    });
  }

  /** Tests read what it was told last. */
  setPageVisible(isVisible: boolean): Promise<void> {
    document.body.dataset.trainerIsWatched = String(isVisible);
    return Promise.resolve();
  }

  async inspectWeights(file: Blob, recipe: Recipe) {
    if (file.size < 8) {
      throw new Error('This is not a safetensors file: it has fewer than 8 bytes. Choose another file.');
    }
    return Promise.resolve({
      model: recipe.model,
      classCount: 1000,
      tensorCount: 122,
      notes: ['New head: the file has 1000 classes, the data 13.'],
    });
  }

  subscribe(onEvent: (event: TrainerEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    return Promise.resolve();
  }

  async start(request: StartRequest): Promise<string> {
    if (this.settings.startRefused) {
      throw new Error('Another tab is training already. Pause it there first.');
    }
    const dataset = this.importer.datasets.find(({ id }) => id === request.datasetId);
    if (dataset === undefined) throw new Error('This data set is no longer stored. Choose another.');
    const { recipe } = request;
    const id = `run-${this.#runs.size + 1}`;
    const curves = new FakeCurves(recipe, imageCount(dataset, recipe), imagesPerSecond);
    this.#current = {
      curves,
      summary: {
        id,
        recipe,
        datasetId: dataset.id,
        datasetName: dataset.name,
        classes: dataset.classes,
        status: 'preparing',
        createdAtMs: Date.now(),
        updatedAtMs: Date.now(),
        step: 0,
        totalSteps: curves.totalSteps,
        frozenStages: request.initialWeights?.frozenStages ?? [],
        runner: request.runner,
        resumable: false,
        lastEvaluation: null,
        ...(request.ladder === undefined ? {} : { ladder: request.ladder }),
      },
    };
    this.#runs.set(id, this.#current);
    this.#keep();
    await this.#prepare();
    this.#go();
    return id;
  }

  async #prepare(): Promise<void> {
    this.#status('preparing', 'Compiling the first step.');
    for (let done = 0; done <= 8; done += 1) {
      this.#onEvent({ event: 'progress', label: 'Compiling the first step', done, total: 8 });
      await new Promise((resolve) => setTimeout(resolve, 40));
      if (this.#takeCurrent().summary.status === 'stopped') {
        throw new DOMException('The run was stopped before its first step.', 'AbortError');
      }
    }
  }

  #status(status: RunStatus, message = ''): void {
    const run = this.#takeCurrent();
    run.summary = { ...run.summary, status, updatedAtMs: Date.now() };
    if (status === 'finished' || status === 'stopped' || status === 'failed' || status === 'paused') {
      run.summary = { ...run.summary, resumable: status === 'paused' };
      this.#keep();
    }
    this.#onEvent({ event: 'status', runId: run.summary.id, status, message });
  }

  #takeCurrent(): FakeRun {
    if (this.#current === null) throw new Error('There is no run to do that with. Start one first.');
    return this.#current;
  }

  #go(): void {
    this.#status('training');
    clearInterval(this.#timer);
    // Timers are no finer than about 4 ms: several steps a tick where more are asked for.
    const tickMs = Math.max(5, 1000 / this.settings.eventsPerSecond);
    const perTick = (this.settings.eventsPerSecond * tickMs) / 1000;
    let owed = 0;
    this.#timer = setInterval(() => {
      owed += perTick;
      while (owed >= 1 && this.#takeCurrent().summary.status === 'training') {
        owed -= 1;
        this.#oneStep();
      }
    }, tickMs);
  }

  #oneStep(): void {
    const run = this.#takeCurrent();
    const step = run.summary.step + 1;
    run.summary = { ...run.summary, step };
    const event = run.curves.step(step);
    this.#onEvent(event);
    if (step === 10 && run.summary.id === `run-${this.settings.diverges}`) {
      clearInterval(this.#timer);
      this.#status('failed', 'The loss is no longer a number at step 10: the run diverged.');
      return;
    }
    if (this.settings.problem && step === 5) {
      this.#onEvent({
        event: 'problem',
        kind: 'storage',
        message: 'The checkpoint could not be stored: the disk is full. Free some space; training goes on.',
      });
    }
    if (step % 20 === 0) this.#showPictures(step);
    if (step % run.curves.stepsPerEpoch !== 0) return;
    this.#status('evaluating');
    const evaluation = run.curves.evaluation(event.epoch);
    run.summary = { ...run.summary, lastEvaluation: evaluation };
    this.#onEvent(evaluation);
    this.#showPictures(step);
    run.summary = { ...run.summary, resumable: true };
    this.#onEvent({ event: 'checkpoint', step, epoch: event.epoch, bytes: 1.3e8 });
    this.#keep();
    if (step >= run.curves.totalSteps) {
      clearInterval(this.#timer);
      this.#status('finished', 'The run is finished.');
    } else {
      this.#status('training');
    }
  }

  #showPictures(step: number): void {
    const run = this.#takeCurrent();
    const classes = run.summary.classes.length;
    const share = step / run.curves.totalSteps;
    this.#onEvent({
      event: 'validationImages',
      step,
      images: Array.from({ length: 12 }, (_, i) => {
        const isRight = ((i * 7) % 12) / 12 < 0.15 + share * 0.8;
        const label = i % classes;
        const said = isRight ? label : (label + 3) % classes;
        return {
          index: i,
          fileName: `val/${run.summary.classes[label] ?? ''}/${i}.webp`,
          label,
          top: [
            { classIndex: said, probability: 0.3 + share * 0.5 },
            { classIndex: (said + 1) % classes, probability: 0.1 },
          ],
        };
      }),
    });
  }

  async resume(runId: string): Promise<void> {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Error('This run is no longer stored.');
    const wasPaused = this.#current === run;
    this.#current = run;
    if (!wasPaused) await this.#prepare();
    this.#go();
  }

  pause(): Promise<void> {
    clearInterval(this.#timer);
    this.#status('paused');
    return Promise.resolve();
  }

  step(): Promise<void> {
    this.#oneStep();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#status('stopped', 'The run was stopped. Its weights and curves are kept.');
    return Promise.resolve();
  }

  async predict(_image: Blob, weights: WeightsKind): Promise<Prediction> {
    const { summary } = this.#takeCurrent();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const share = summary.step / summary.totalSteps;
    return {
      classes: summary.classes,
      weights,
      step: summary.step,
      top: [0.22 + share * 0.6, 0.16, 0.09, 0.05, 0.02]
        .slice(0, summary.classes.length)
        .map((probability, i) => ({
          classIndex: (i * 4) % summary.classes.length,
          probability,
        })),
    };
  }

  async exportWeights(runId: string, weights: WeightsKind): Promise<Blob> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new Blob([`weights of ${runId}, ${weights}`]);
  }

  runs(): Promise<RunSummary[]> {
    return Promise.resolve([...this.#runs.values()].map(({ summary }) => summary));
  }

  history(runId: string) {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Error('This run is no longer stored.');
    return Promise.resolve(run.curves.history(run.summary.step));
  }

  deleteRun(runId: string): Promise<void> {
    this.#runs.delete(runId);
    this.#keep();
    return Promise.resolve();
  }

  datasetImage(_datasetId: string, _split: string, index: number): Promise<Blob> {
    return drawPicture(index % 13, index);
  }
}

const keptKey = 'fake-runs';

function readKept(): RunSummary[] {
  return JSON.parse(sessionStorage.getItem(keptKey) ?? '[]') as RunSummary[];
}

/** What the tests look at. */
const fakeLimits: [string, number][] = [
  ['maxBufferSize', 2 ** 31],
  ['maxComputeInvocationsPerWorkgroup', 1024],
  ['maxComputeWorkgroupStorageSize', 32_768],
  ['maxStorageBufferBindingSize', 2 ** 31 - 4],
];

export function createFakeBackend(settings: FakeSettings): Backend {
  const importer = new FakeImporter(settings);
  return { trainer: new FakeTrainer(settings, importer), importer, inspector: createFakeInspector() };
}
