/**
 * Every message between the page and its workers. Interfaces are exposed with Comlink; callbacks are passed
 * with Comlink.proxy. Rejections carry a message that can be shown as it is: what is wrong, and what to do.
 */
import type { ImporterApi, SplitName } from './data/types.ts';
import type { InspectorApi } from './inspect/types.ts';
import type { Recipe } from './recipe/recipe.ts';
import type { TrainerEvent } from './train/events.ts';
import type {
  ComparisonQuestion,
  DeviceReport,
  DeviceTaskProgress,
  EstimateQuestion,
  KernelsReport,
  Prediction,
  RunEstimate,
  RunSummary,
  StartRequest,
  StepComparison,
  WeightsKind,
  WeightsReport,
} from './train/reports.ts';
import type { RunHistory } from './train/runStore.ts';

export type {
  DatasetSummary,
  ImporterApi,
  ImportOptions,
  ImportProblem,
  ImportProgress,
  ImportResult,
  PathedFile,
  SplitName,
} from './data/types.ts';
export type {
  DrawnSampleView,
  DrawQuestion,
  FixResViews,
  InspectorApi,
  InspectorDevice,
  LookSettings,
  OpenedPicture,
  Picture,
  PictureSource,
  Stages,
  StepBatch,
  StepQuestion,
  StepSample,
} from './inspect/types.ts';
export type {
  ClassProbability,
  EvaluationEvent,
  ProblemEvent,
  RunStatus,
  StepEvent,
  TrainerEvent,
  ValidationImagesEvent,
} from './train/events.ts';

export type {
  ComparisonQuestion,
  ConvolutionPass,
  DeviceReport,
  DeviceTaskProgress,
  EstimateQuestion,
  FreezableStage,
  InitialWeights,
  KernelCheck,
  KernelsReport,
  LadderPlace,
  Prediction,
  RunEstimate,
  RunnerKind,
  RunnerTiming,
  RunSummary,
  StartRequest,
  StepComparison,
  WeightsKind,
  WeightsReport,
} from './train/reports.ts';
export type { RunHistory } from './train/runStore.ts';

/** What the trainer worker does for the page. */
export interface TrainerApi {
  device(): Promise<DeviceReport>;
  estimate(question: EstimateQuestion): Promise<RunEstimate>;
  /** Whether the page can be seen: work goes to the GPU in smaller parts then, so that it is drawn in between. */
  setPageVisible(isVisible: boolean): Promise<void>;
  inspectWeights(file: Blob, recipe: Recipe, datasetId: string): Promise<WeightsReport>;
  /** All events of the current run go to this callback (one subscriber: the page). */
  subscribe(onEvent: (event: TrainerEvent) => void): Promise<void>;
  /** Starts a run and resolves with its id once it trains. Progress arrives as events. */
  start(request: StartRequest): Promise<string>;
  /** Goes on from the last checkpoint of a run (after a reload), or from a pause. */
  resume(runId: string): Promise<void>;
  /** Finishes the step in flight, writes a checkpoint, resolves. */
  pause(): Promise<void>;
  /** One optimizer step of a paused run. */
  step(): Promise<void>;
  /** Ends the run for good, keeping its weights and curves. */
  stop(): Promise<void>;
  /** Top-5 of one image by the current (or last) weights of the current run. */
  predict(image: Blob, weights: WeightsKind): Promise<Prediction>;
  /** A safetensors file of the run's weights, torchvision's names, num_batches_tracked included. */
  exportWeights(runId: string, weights: WeightsKind): Promise<Blob>;
  runs(): Promise<RunSummary[]>;
  history(runId: string): Promise<RunHistory>;
  deleteRun(runId: string): Promise<void>;
  /** An encoded image of a data set, to show beside its prediction. */
  datasetImage(datasetId: string, split: SplitName, index: number): Promise<Blob>;
  /** The kernels of the next run, and what is known of them. */
  kernels(): Promise<KernelsReport>;
  /** Runs every kernel against the processor's result, and times those in use. Not while a run trains. */
  selfTest(onProgress: (progress: DeviceTaskProgress) => void): Promise<KernelsReport>;
  /** Times all variants here and keeps the fastest for later runs. Not while a run trains. */
  tune(onProgress: (progress: DeviceTaskProgress) => void): Promise<KernelsReport>;
  /** Times the engine's training step beside plain tfjs's. Not while a run trains. */
  compareRunners(
    question: ComparisonQuestion,
    onProgress: (progress: DeviceTaskProgress) => void,
  ): Promise<StepComparison>;
  /** Stops the three above; what is under way rejects with an error named `AbortError`. */
  cancelDeviceTask(): Promise<void>;
}

/** What the page needs to be drawn: the workers, or fakes of them in tests. */
export interface Backend {
  trainer: TrainerApi;
  importer: ImporterApi;
  /** Its worker starts with the first question. */
  inspector: InspectorApi;
}
