/** The whole state of the page and what connects its parts. One object, made once, handed down to views. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type {
  Backend,
  DatasetSummary,
  DeviceReport,
  RunEstimate,
  RunSummary,
  StartRequest,
} from '../../protocol.ts';
import { BatchStore } from '../augment/batchStore.ts';
import { InspectStore } from '../augment/inspectStore.ts';
import { DataStore } from './dataStore.ts';
import { DeviceTasks } from './deviceTasks.ts';
import { driveLadder } from './ladderDriver.ts';
import { LadderStore } from './ladderStore.ts';
import { messageOf } from '../../format.ts';
import { PredictStore } from './predictStore.ts';
import { RecipeStore } from './recipeStore.ts';
import { createRoute, type Route } from './route.ts';
import { isActive } from './runReducer.ts';
import { runnerChoice } from './runnerChoice.ts';
import { RunsStore } from './runsStore.ts';
import { RunStore } from './runStore.ts';
import { WeightsStore } from './weightsStore.ts';

const estimateDelayMs = 250;
const predictionIntervalMs = 3000;

export class AppState {
  readonly route: ReadonlySignal<Route> = createRoute();
  readonly device = signal<DeviceReport | null>(null);
  /** Something that stops the whole page from working: a worker that does not load. */
  readonly fatal = signal<string | null>(null);
  readonly data: DataStore;
  readonly recipe = new RecipeStore();
  readonly weights: WeightsStore;
  readonly run: RunStore;
  readonly runs: RunsStore;
  readonly predict: PredictStore;
  readonly deviceTasks: DeviceTasks;
  readonly ladder: LadderStore;
  readonly inspect: InspectStore;
  readonly batches: BatchStore;
  readonly estimate = signal<RunEstimate | null>(null);
  readonly estimateError = signal<string | null>(null);
  /** What became of the recipe in the page's address; null where there was none, or it was put away. */
  readonly link = signal<{ isTaken: boolean; messages: readonly string[] } | null>(null);
  /** Pictures collected by hand that are not imported yet: closing the tab would lose them. */
  readonly unsavedPictures = signal(0);

  /** Train was pressed and begins when the demo set is imported. */
  readonly waitingForData = signal(false);

  /** The trainer is taken: the set-up is locked and shows what is being trained. */
  readonly active = computed(() => isActive(this.run.view.value.status));

  /** Why Train cannot be pressed, with what to do; null when it can. */
  readonly trainBlocker = computed<string | null>(() => {
    const device = this.device.value;
    if (this.fatal.value !== null) return this.fatal.value;
    if (device === null) return 'Looking for a graphics adapter …';
    if (!device.ok) return 'Training needs WebGPU: the notice above says why it is missing here.';
    if (this.recipe.problems.value.length > 0) {
      const count = this.recipe.problems.value.length;
      return count === 1
        ? 'One field of the recipe needs a look: see the message beside it.'
        : `${count} fields of the recipe need a look: see the messages beside them.`;
    }
    if (this.data.importing.value === 'files') {
      return 'Your pictures are being imported: wait for that to end, or cancel it.';
    }
    return this.weights.blocker.value ?? this.estimate.value?.refusal ?? null;
  });

  constructor(
    readonly backend: Backend,
    demoZipUrl: string,
  ) {
    this.data = new DataStore(backend.importer, demoZipUrl);
    this.weights = new WeightsStore(backend.trainer);
    this.run = new RunStore(backend.trainer);
    this.runs = new RunsStore(backend.trainer);
    this.predict = new PredictStore(backend.trainer);
    this.deviceTasks = new DeviceTasks(backend.trainer);
    this.ladder = new LadderStore({
      trainer: backend.trainer,
      device: this.device,
      dataset: this.data.selected,
      datasets: this.data.datasets,
      runner: runnerChoice,
      run: this.run,
      runs: this.runs,
      startRun: (request, dataset) => this.startRun(request, dataset),
      resumeRun: (summary) => this.resumeRun(summary),
    });
    this.inspect = new InspectStore(backend.inspector);
    this.batches = new BatchStore(backend.inspector, backend.trainer);
  }

  /** Asks the workers for everything the first view needs. */
  async open(): Promise<void> {
    this.route.subscribe((route) => {
      if (route.view === 'train' && route.recipeLink !== null) this.#takeLink(route.recipeLink);
    });
    void this.run.subscribe();
    void this.runs.load().then(() => {
      const unfinished = this.runs.unfinished.value;
      if (unfinished !== null && this.run.view.value.status === 'idle') void this.run.open(unfinished);
    });
    const [device] = await Promise.all([this.#findDevice(), this.data.load()]);
    this.device.value = device;
    if (device?.ok === true) void this.deviceTasks.load();
    this.#connect();
    this.ladder.connect();
    driveLadder(this.ladder);
    const saveData = 'connection' in navigator && isSavingData(navigator.connection);
    if (device?.ok === true && this.data.datasets.value.length === 0 && !saveData)
      await this.data.importDemo();
  }

  async #findDevice(): Promise<DeviceReport | null> {
    try {
      return await this.backend.trainer.device();
    } catch (error) {
      this.fatal.value = `The trainer did not start: ${messageOf(error)} Reload the page; if that does not help, try another browser.`;
      return null;
    }
  }

  #takeLink(text: string): void {
    const messages = this.active.peek()
      ? ['A run is being trained with another recipe. Open the link again when it has ended.']
      : this.recipe.takeLink(text);
    this.link.value = { isTaken: messages.length === 0, messages };
  }

  #connect(): void {
    this.#keepEstimate();
    effect(() => {
      const dataset = this.data.selected.value;
      const { model } = this.recipe.recipe.value;
      if (this.weights.file.value !== null && dataset !== null) {
        void this.weights.inspect({ ...this.recipe.recipe.peek(), model }, dataset.id);
      }
    });
    this.#keepPrediction();
    effect(() => {
      const { status } = this.run.view.value;
      if (status === 'finished' || status === 'stopped' || status === 'failed' || status === 'paused') {
        void this.runs.load();
      }
    });
  }

  /** Asks for a new estimate a moment after the last change, and drops answers to old questions. */
  #keepEstimate(): void {
    let question = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    effect(() => {
      const recipe = this.recipe.recipe.value;
      const dataset = this.data.selected.value;
      const frozenStages = this.weights.frozenStages.value;
      const runner = runnerChoice.value;
      const askable = this.recipe.isValid.value && this.device.value?.ok === true;
      clearTimeout(timer);
      question += 1;
      const asked = question;
      if (dataset === null || !askable || this.active.value) return;
      timer = setTimeout(() => {
        this.backend.trainer.estimate({ recipe, datasetId: dataset.id, frozenStages, runner }).then(
          (estimate) => {
            if (asked !== question) return;
            this.estimate.value = estimate;
            this.estimateError.value = null;
          },
          (error: unknown) => {
            if (asked !== question) return;
            this.estimate.value = null;
            this.estimateError.value = messageOf(error);
          },
        );
      }, estimateDelayMs);
    });
  }

  /** Renews the prediction after each evaluation, and every few seconds while steps come in. */
  #keepPrediction(): void {
    let askedAt = -Infinity;
    let evaluated: unknown = null;
    effect(() => {
      const { step, evaluation } = this.run.view.value;
      const now = performance.now();
      if (step === null || this.predict.image.peek() === null) return;
      if (evaluation === evaluated && now - askedAt < predictionIntervalMs) return;
      evaluated = evaluation;
      askedAt = now;
      void this.predict.refresh();
    });
  }

  /** Train: imports the demo set first if there is no data, then starts the run. */
  async train(): Promise<void> {
    if (this.trainBlocker.value !== null || this.active.value || this.waitingForData.value) return;
    this.waitingForData.value = true;
    const isDemoComing = this.data.importing.value === 'demo' || this.data.selected.value === null;
    const dataset = isDemoComing ? await this.data.importDemo() : this.data.selected.value;
    this.waitingForData.value = false;
    if (dataset === null) {
      this.run.commandError.value =
        this.data.error.value ??
        'There is no data to train on: import the demo set or your own pictures first.';
      return;
    }
    await this.run.start(
      {
        recipe: this.recipe.recipe.value,
        datasetId: dataset.id,
        initialWeights: this.weights.initialWeights.value,
        runner: runnerChoice.value,
      },
      dataset,
    );
  }

  /** Starts a run that was put together elsewhere, with its recipe and data shown in the set-up. */
  async startRun(request: StartRequest, dataset: DatasetSummary): Promise<boolean> {
    this.#showSetUp(request);
    return await this.run.start(request, dataset);
  }

  /** Goes on with a stored run, with its own recipe and data shown in the set-up. */
  async resumeRun(summary: RunSummary): Promise<boolean> {
    this.#showSetUp(summary);
    return await this.run.resume(summary);
  }

  #showSetUp({ recipe, datasetId }: Pick<StartRequest, 'recipe' | 'datasetId'>): void {
    this.recipe.take(recipe);
    const isStored = this.data.datasets.value.some(({ id }) => id === datasetId);
    if (isStored && this.data.selectedId.value !== datasetId) void this.data.select(datasetId);
  }

  /** Deletes a stored run and, when it is the one shown, its curves. */
  async deleteRun(id: string): Promise<void> {
    if ((await this.runs.delete(id)) && this.run.view.value.runId === id) this.run.clear();
  }
}

function isSavingData(connection: unknown): boolean {
  return typeof connection === 'object' && connection !== null && 'saveData' in connection
    ? connection.saveData === true
    : false;
}
