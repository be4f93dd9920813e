/** What the trainer tells when asked, and what it is asked with; the page's protocol is made of these. */
import type { ConvolutionPass } from '../engine/plan/builder.ts';
import type { KernelCheck } from '../engine/selfTest/selfTest.ts';
import type { RungName } from '../recipe/ladder.ts';
import type { ModelName, Recipe } from '../recipe/recipe.ts';
import type { ClassProbability, EvaluationEvent, RunStatus } from './events.ts';
import type { RunnerKind } from './runners.ts';

export type { ConvolutionPass, KernelCheck, RunnerKind };

export type DeviceReport =
  | {
      ok: true;
      /** Vendor, architecture and description as the browser gives them. */
      adapter: string;
      /** A CPU that emulates a GPU: works, slowly. */
      isSoftware: boolean;
      features: string[];
      /** By WebGPU's names, in their order. */
      limits: [name: string, value: number][];
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

/** The rung of the ladder that a run is of. */
export interface LadderPlace {
  /** One series of runs: same data, same scale. */
  queueId: string;
  rung: RungName;
}

export interface StartRequest {
  recipe: Recipe;
  datasetId: string;
  initialWeights: InitialWeights | null;
  /** The compiled engine, or plain tfjs. */
  runner: RunnerKind;
  /** Absent where the run is none of the ladder's. */
  ladder?: LadderPlace;
}

/** What an estimate is asked for. */
export interface EstimateQuestion {
  recipe: Recipe;
  datasetId: string;
  frozenStages: FreezableStage[];
  runner: RunnerKind;
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
  runner: RunnerKind;
  /** There is a checkpoint to go on from. */
  resumable: boolean;
  lastEvaluation: EvaluationEvent | null;
  /** Absent where the run is none of the ladder's. */
  ladder?: LadderPlace;
}

export type WeightsKind = 'raw' | 'ema';

export interface Prediction {
  /** The run's classes, most probable first, at most five. */
  top: ClassProbability[];
  classes: string[];
  weights: WeightsKind;
  step: number;
}

/** The kernels that the next run of the engine gets on this device, and what is known of them. */
export interface KernelsReport {
  passes: {
    pass: ConvolutionPass;
    /** How a tile gets its values, and its rows × columns, for example "tiled 64×64". */
    variant: string;
    /** Measured here; null where nothing was. */
    gflops: number | null;
  }[];
  /** Into how many workgroups a filter gradient is split, about. */
  workgroups: number;
  /** Null: these are the defaults. */
  tunedAtMs: number | null;
  /** Null: not run yet. */
  selfTest: {
    checks: KernelCheck[];
    /** What is wrong and what follows from it; null where all is well. */
    message: string | null;
    /** False: runs are computed by plain tfjs. */
    isUsable: boolean;
  } | null;
  /** Why a tuning could not be read or kept; null where it could. */
  storageProblem: string | null;
}

/** How far a self-test, a tuning or a comparison has come. */
export interface DeviceTaskProgress {
  label: string;
  done: number;
  total: number;
}

/** Which training step the engine and plain tfjs are to be compared by. */
export interface ComparisonQuestion {
  model: ModelName;
  batchSize: number;
  sizePx: number;
  /** Timed steps of each; the median counts. */
  steps: number;
}

export interface RunnerTiming {
  /** Median of the timed steps. */
  msPerStep: number;
  /** From making the runner to the end of its first step: compiling included. */
  firstStepMs: number;
  /** Both compute the same, but for rounding. */
  firstLoss: number;
}

export interface StepComparison extends ComparisonQuestion {
  adapter: string;
  engine: RunnerTiming;
  tfjs: RunnerTiming;
}
