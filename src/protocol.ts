/**
 * Every message between the page and its workers. Interfaces are exposed with Comlink; callbacks are passed
 * with Comlink.proxy. Rejections carry a message that can be shown as it is: what is wrong, and what to do.
 */
import type { ImporterApi, SplitName } from './data/types.ts';
import type { Recipe } from './recipe/recipe.ts';
import type {
  ClassProbability,
  EvaluationEvent,
  RunStatus,
  StepEvent,
  TrainerEvent,
} from './train/events.ts';

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
  ClassProbability,
  EvaluationEvent,
  ProblemEvent,
  RunStatus,
  StepEvent,
  TrainerEvent,
  ValidationImagesEvent,
} from './train/events.ts';

export type DeviceReport =
  | {
      ok: true;
      /** Vendor, architecture and description as the browser gives them. */
      adapter: string;
      /** A CPU that emulates a GPU: works, slowly. */
      isSoftware: boolean;
      features: string[];
      maxBufferBytes: number;
      maxBindingBytes: number;
    }
  | { ok: false; reason: 'insecure-context' | 'no-webgpu' | 'no-adapter'; message: string };

export interface RunEstimate {
  parameterCount: number;
  stepsPerEpoch: number;
  totalSteps: number;
  secondsPerStep: number;
  totalSeconds: number;
  gpuBytes: number;
  /** Where the time comes from, for example "measured on this machine in an earlier run". */
  basis: string;
  /** Why this cannot be trained here and what to change; null when it can. */
  refusal: string | null;
  /** Things worth knowing before Train (a small class, a partial batch). */
  warnings: string[];
}

/** Stages whose parameters and batch-norm statistics stay as they are. */
export type FreezableStage = 'stem' | 'layer1' | 'layer2' | 'layer3' | 'layer4';

export interface InitialWeights {
  /** A .safetensors file with torchvision's parameter names. */
  file: Blob;
  fileName: string;
  frozenStages: FreezableStage[];
}

export interface StartRequest {
  recipe: Recipe;
  datasetId: string;
  initialWeights: InitialWeights | null;
}

/** What is in a weights file, before a run is started from it. */
export interface WeightsReport {
  model: string;
  classCount: number;
  tensorCount: number;
  /** What will happen, for example "New head: the file has 1000 classes, the data 13." */
  notes: string[];
}

export interface RunSummary {
  id: string;
  recipe: Recipe;
  datasetId: string;
  datasetName: string;
  classes: string[];
  status: RunStatus;
  createdAtMs: number;
  updatedAtMs: number;
  /** Optimizer steps at the last checkpoint, and of the whole run. */
  step: number;
  totalSteps: number;
  frozenStages: FreezableStage[];
  /** There is a checkpoint to go on from. */
  resumable: boolean;
  lastEvaluation: EvaluationEvent | null;
}

export interface RunHistory {
  steps: StepEvent[];
  evaluations: EvaluationEvent[];
}

export type WeightsKind = 'raw' | 'ema';

export interface Prediction {
  /** The run's classes, most probable first, at most five. */
  top: ClassProbability[];
  classes: string[];
  weights: WeightsKind;
  step: number;
}

/** What the trainer worker does for the page. */
export interface TrainerApi {
  device(): Promise<DeviceReport>;
  estimate(recipe: Recipe, datasetId: string, frozenStages: FreezableStage[]): Promise<RunEstimate>;
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
}

/** What the page needs to be drawn: the two workers, or fakes of them in tests. */
export interface Backend {
  trainer: TrainerApi;
  importer: ImporterApi;
}
