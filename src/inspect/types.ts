/** What the inspector is asked and what it answers; the page's protocol is made of these. */
import type { DrawCounts, DrawSettings } from '../augment/drawCounts.ts';
import type { BatchMix, SampleParameters } from '../augment/parameters.ts';
import type { PixelOperation } from '../augment/trivialAugment.ts';
import type { SplitName } from '../data/types.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** Opaque pixels in rows without gaps, as ImageData takes them. */
export interface Picture {
  widthPx: number;
  heightPx: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** What computes the pictures. */
export interface InspectorDevice {
  kind: 'gpu' | 'cpu';
  /** The adapter's name, or why the processor computes instead. */
  description: string;
}

/** Where an image comes from. */
export type PictureSource =
  | { kind: 'url'; url: string }
  | { kind: 'file'; file: Blob }
  | { kind: 'sample'; datasetId: string; split: SplitName; index: number };

/** An image that later questions are about. */
export interface OpenedPicture {
  id: number;
  picture: Picture;
  /** Size of the file's own image where that is larger than what is looked at (longest edge 512 px). */
  shrunkFrom: { widthPx: number; heightPx: number } | null;
  /** Of a file's bytes: checksum and length. Null for samples, which their data set's checksums guard. */
  fingerprint: string | null;
  /** Label and file name of a sample. */
  sample: { label: number; className: string; fileName: string } | null;
}

/** Everything that decides how an image looks in training and in validation. */
export type LookSettings = DrawSettings & Pick<Recipe, 'valResizeSize' | 'valCropSize'>;

export interface DrawQuestion {
  pictureId: number;
  /** Image to mix with. */
  partnerId: number;
  settings: LookSettings;
  seed: number;
}

/** One draw of a question, and its final tensor with the normalisation taken back. */
export interface DrawnSampleView {
  parameters: SampleParameters;
  /** Draw of the partner; null where the recipe does not mix. */
  partner: SampleParameters | null;
  mix: BatchMix | null;
  picture: Picture;
}

export interface Stages {
  /** What was drawn for it. */
  drawn: Omit<DrawnSampleView, 'picture'>;
  /** After crop and resize. */
  resized: Picture;
  flipped: Picture;
  /** After the operation. */
  operated: Picture;
  /** After normalisation and erasing, with the normalisation taken back. */
  erased: Picture;
  /** The partner's own final state before mixing. */
  partner: Picture | null;
  /** What the network sees, with the normalisation taken back. */
  final: Picture;
}

/** A view that is not mixed, erased or otherwise changed: what was cut out, and what it became. */
export interface PlainView {
  parameters: SampleParameters;
  picture: Picture;
}

export interface FixResViews {
  /** Random training crops. */
  train: PlainView[];
  validation: PlainView;
  /** How many times as large as in the image an object appears, by side length. */
  magnification: {
    /** Quantiles over many training crops. */
    train: { low: number; median: number; high: number };
    /** Had the recipe trained at the validation's size. */
    trainAtValSize: { low: number; median: number; high: number };
    validation: number;
  };
}

/** Which step of which run. */
export interface StepQuestion {
  recipe: Recipe;
  datasetId: string;
  /** Optimizer steps done when it was done, from 1: as in a run's history. */
  step: number;
}

export interface StepSample {
  index: number;
  fileName: string;
  label: number;
  parameters: SampleParameters;
  /** Soft target: classes with a share above 0 before smoothing, largest first. */
  targets: { classIndex: number; share: number }[];
  picture: Picture;
}

export interface StepBatch {
  epoch: number;
  stepInEpoch: number;
  stepsPerEpoch: number;
  ranks: number;
  rank: number;
  mix: BatchMix | null;
  samples: StepSample[];
  /** Of all batches of the step, computed here; null where there is no GPU to compute it with. */
  fingerprint: string | null;
}

/** What the inspector worker does for the page. */
export interface InspectorApi {
  device(): Promise<InspectorDevice>;
  /** Decodes an image; the few opened last are kept. */
  open(source: PictureSource): Promise<OpenedPicture>;
  /**
   * The draws at positions from … from + count − 1. Each is shown as in a batch of its own: the partner is another
   * image, drawn at the same position of another rank.
   */
  draws(question: DrawQuestion, from: number, count: number): Promise<DrawnSampleView[]>;
  /** One draw, stage by stage. */
  stages(question: DrawQuestion, position: number): Promise<Stages>;
  /** What a number of draws from position 0 on consist of; no picture is made. */
  counts(question: DrawQuestion, draws: number): Promise<DrawCounts>;
  /** The image's central square, resized to sizePx, after each of the operations. */
  operations(pictureId: number, sizePx: number, operations: readonly PixelOperation[]): Promise<Picture[]>;
  /** Training crops beside the validation view. */
  fixRes(question: DrawQuestion, trainCrops: number): Promise<FixResViews>;
  /** Rebuilds the batches of a training step and shows one rank's. */
  stepBatch(question: StepQuestion, rank: number): Promise<StepBatch>;
}
