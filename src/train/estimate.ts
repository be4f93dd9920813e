/**
 * Time and memory of a run before it starts, and what the step cannot hold here.
 *
 * The engine's memory is its plan's. Plain tfjs's is computed from shapes with two constants that follow from
 * the buffers of a ResNet-50 step at 176 px (docs/BENCHMARKS.md, "Memory of the plain tfjs step"). Time comes
 * from earlier steps on this machine, or from one convolution.
 */
import { activationCost, forwardMacs } from '../engine/cost.ts';
import type { StageName } from '../engine/graph.ts';
import { coreKernelChoice } from '../engine/kernelChoice.ts';
import { planStep } from '../engine/plan/planStep.ts';
import { UnsupportedGraphError } from '../engine/plan/units.ts';
import type { SampleSource } from '../data/types.ts';
import { parameterCount } from '../model/parameters.ts';
import { buildResNet } from '../model/resnet.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { emptyRepetition } from '../recipe/repeatedAugmentation.ts';
import { epochShape, usedTrainImages } from './epochPlan.ts';
import { validationIndices } from './evaluate.ts';
import type { RunEstimate, RunnerKind } from './reports.ts';
import { missingForRunner, storageOf } from './runners.ts';
import type { Attempt } from './attempts.ts';

/** Forward, input gradient and filter gradient of every convolution. */
const passesPerStep = 3;

export interface MachineSpeed {
  secondsPerGflop: number;
  basis: string;
}

export interface MachineLimits {
  /** Largest binding of the device: no tensor of plain tfjs may pass it. The engine keeps within 128 MiB. */
  maxBindingBytes: number;
  /** Largest buffer of the device: no tensor may pass it. */
  maxBufferBytes: number;
  /** What the step may take in all; WebGPU cannot be asked, so an assumption. */
  memoryBudgetBytes: number;
  /** Names of the device's optional features. */
  features: { has: (name: string) => boolean };
}

/** FLOPs of a training step of the global batch. */
export function flopsPerStep(recipe: Recipe, classCount: number): number {
  const macs = forwardMacs(buildResNet(recipe.model, classCount), recipe.trainCropSize);
  return 2 * macs * passesPerStep * recipe.batchSize * recipe.worldSize;
}

/** GPU bytes of the plain tfjs step: parameters with their copies, and the tape's activations. */
export function tfjsStepBytes(recipe: Recipe, classCount: number): number {
  const graph = buildResNet(recipe.model, classCount);
  const batch = recipe.microBatchSize ?? recipe.batchSize;
  const { totalElements } = activationCost(graph, recipe.trainCropSize);
  const copies = recipe.modelEma ? parameterCopies + 1 : parameterCopies;
  return 4 * (parameterCount(graph) * copies + totalElements * batch * activationCopies);
}

/** Weights, momentum, gradient, and what the update makes before the old ones are freed. */
const parameterCopies = 6;
/** f32 values tfjs holds at the step's peak for each value of an activation: its tape frees nothing. */
const activationCopies = 4.4;

export interface RunToEstimate {
  recipe: Recipe;
  source: SampleSource;
  frozenStages: readonly StageName[];
  runner: RunnerKind;
  speed: MachineSpeed;
  limits: MachineLimits;
  /** First steps that did not end well on this adapter with this runner. */
  attempts: readonly Attempt[];
}

export function estimateRun({
  recipe,
  source,
  frozenStages,
  runner,
  speed,
  limits,
  attempts,
}: RunToEstimate): RunEstimate {
  const { classes } = source.summary;
  const graph = buildResNet(recipe.model, classes.length);
  const { finalMapPx } = activationCost(graph, recipe.trainCropSize);
  const images = usedTrainImages(source, recipe);
  const shape = epochShape(recipe, images, finalMapPx);
  const totalSteps = shape.stepsPerEpoch * recipe.epochs;

  const secondsPerStep = (flopsPerStep(recipe, classes.length) / 1e9) * speed.secondsPerGflop;
  const validationFlops = 2 * forwardMacs(graph, recipe.valCropSize) * (recipe.modelEma ? 2 : 1);
  const evaluationSeconds =
    ((validationIndices(source, recipe).length * validationFlops) / 1e9) * speed.secondsPerGflop;
  return {
    parameterCount: parameterCount(graph),
    stepsPerEpoch: shape.stepsPerEpoch,
    totalSteps,
    secondsPerStep,
    totalSeconds: totalSteps * secondsPerStep + recipe.epochs * evaluationSeconds,
    gpuBytes: stepMemory(runner, recipe, classes.length).bytes,
    basis: speed.basis,
    refusal:
      emptyRepetition(recipe, images) ??
      refusal(runner, recipe, classes.length, shape.stepsPerEpoch, limits, attempts),
    warnings: [
      ...attemptWarnings(runner, recipe, classes.length, limits, attempts),
      ...warnings(recipe, source, shape.droppedImages, frozenStages),
    ],
  };
}

function refusal(
  runner: RunnerKind,
  recipe: Recipe,
  classCount: number,
  stepsPerEpoch: number,
  limits: MachineLimits,
  attempts: readonly Attempt[],
): string | null {
  if (classCount < 2) return 'One class cannot be classified. Add at least one more class to the data.';
  if (stepsPerEpoch === 0) return 'There are too few training images for one step. Add images to the data.';
  const missing = missingForRunner(runner, limits.features);
  if (missing !== null) return missing;
  const memory = stepMemory(runner, recipe, classCount);
  if (fits(runner, memory, limits)) return null;
  const step = `One step of ${recipe.model} at batch ${recipe.batchSize} and ${recipe.trainCropSize} px`;
  const gigabytes = (memory.bytes / 2 ** 30).toFixed(1);
  const budget = (limits.memoryBudgetBytes / 2 ** 30).toFixed(1);
  const most = largestBatch(runner, recipe, classCount, belowAttempts(limits, attempts));
  const advice =
    most < 2
      ? 'Choose a smaller model or trainCropSize.'
      : `Lower batchSize to ${most} (and the learning rate with it), or choose a smaller model or trainCropSize.`;
  if (memory.bytes === Infinity)
    return `${step} works on more at a time than a GPU kernel may use. ${advice}`;
  return `${step} takes about ${gigabytes} GiB on the GPU, in tensors of up to ${megabytes(memory.largestTensorBytes)} MiB; here ${budget} GiB and tensors of ${megabytes(largestTensor(runner, limits))} MiB can be held. ${advice}`;
}

/** What may be suggested: less than what did not end well here before. */
function belowAttempts(limits: MachineLimits, attempts: readonly Attempt[]): MachineLimits {
  const smallest = Math.min(...attempts.map(({ gpuBytes }) => gpuBytes));
  return { ...limits, memoryBudgetBytes: Math.min(limits.memoryBudgetBytes, smallest - 1) };
}

/** A first step as large as this one closed the tab or ran out of memory: said, not refused, since it may be chance. */
function attemptWarnings(
  runner: RunnerKind,
  recipe: Recipe,
  classCount: number,
  limits: MachineLimits,
  attempts: readonly Attempt[],
): string[] {
  const { bytes } = stepMemory(runner, recipe, classCount);
  const attempt = attempts.find(({ gpuBytes }) => gpuBytes <= bytes);
  if (attempt === undefined) return [];
  const most = largestBatch(runner, recipe, classCount, belowAttempts(limits, attempts));
  const advice =
    most < 2
      ? 'choose a smaller model or trainCropSize'
      : `lower batchSize or microBatchSize to ${most}, or choose a smaller model or trainCropSize`;
  const { model, batchSize, trainCropSize, gpuBytes } = attempt;
  return [
    `The last first step of ${model} at batch ${batchSize} and ${trainCropSize} px (${megabytes(gpuBytes)} MiB) did not end here: ` +
      `the tab was closed, or the memory was not enough. If you did not close it yourself, ${advice}.`,
  ];
}

function megabytes(bytes: number): string {
  return String(Math.ceil(bytes / 2 ** 20));
}

interface StepMemory {
  bytes: number;
  /** Of training and evaluation. */
  largestTensorBytes: number;
}

/** What a step takes on the GPU. */
export function stepMemory(runner: RunnerKind, recipe: Recipe, classCount: number): StepMemory {
  const graph = buildResNet(recipe.model, classCount);
  const batch = recipe.microBatchSize ?? recipe.batchSize;
  const sizePx = Math.max(recipe.trainCropSize, recipe.valCropSize);
  const largestActivation = 4 * recipe.batchSize * activationCost(graph, sizePx).largestElements;
  if (runner === 'tfjs') {
    return { bytes: tfjsStepBytes(recipe, classCount), largestTensorBytes: largestActivation };
  }
  try {
    const { gpuBytes, largestBufferBytes } = planStep({
      ...{ graph, classCount, batch, sizePx: recipe.trainCropSize, ema: recipe.modelEma },
      ...{ frozenStages: new Set<StageName>(), choice: coreKernelChoice, storage: storageOf(runner) },
    });
    return { bytes: gpuBytes, largestTensorBytes: Math.max(largestBufferBytes, largestActivation) };
  } catch (error) {
    // Too large to be bound even in parts: no memory is enough.
    if (error instanceof UnsupportedGraphError) return { bytes: Infinity, largestTensorBytes: Infinity };
    throw error;
  }
}

function fits(runner: RunnerKind, memory: StepMemory, limits: MachineLimits): boolean {
  const { bytes, largestTensorBytes } = memory;
  return bytes <= limits.memoryBudgetBytes && largestTensorBytes <= largestTensor(runner, limits);
}

/** tfjs binds whole tensors; the engine binds ranges of images. */
function largestTensor(runner: RunnerKind, { maxBindingBytes, maxBufferBytes }: MachineLimits): number {
  return runner === 'tfjs' ? Math.min(maxBindingBytes, maxBufferBytes) : maxBufferBytes;
}

/** The largest batch whose step fits; 0 when not even one image does. */
export function largestBatch(
  runner: RunnerKind,
  recipe: Recipe,
  classCount: number,
  limits: MachineLimits,
): number {
  let most = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const larger = { ...recipe, batchSize: most + step, microBatchSize: null };
    if (fits(runner, stepMemory(runner, larger, classCount), limits)) most += step;
  }
  return most;
}

function warnings(
  recipe: Recipe,
  source: SampleSource,
  droppedImages: number,
  frozenStages: readonly StageName[],
): string[] {
  const { classes, trainPerClass, validationPerClass } = source.summary;
  const list = (names: string[]) =>
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const small = classes.filter((_, i) => (trainPerClass[i] ?? 0) < 10);
  const unseen = classes.filter((_, i) => (validationPerClass[i] ?? 0) === 0);
  const result: string[] = [];
  if (small.length > 0)
    result.push(`Fewer than 10 training images: ${list(small)}. More would help most there.`);
  if (unseen.length > 0) result.push(`No validation images, so not measured: ${list(unseen)}.`);
  if (classes.length < 5)
    result.push(`With ${classes.length} classes, top-5 counts the top ${classes.length}.`);
  if (droppedImages > 0) {
    result.push(
      'The last batch of an epoch has one image, which batch norm cannot normalise at this size: it is left out.',
    );
  }
  if (recipe.microBatchSize !== null && recipe.microBatchSize < recipe.batchSize) {
    result.push('Micro-batches are normalised by themselves: another computation than torchvision’s.');
  }
  if (recipe.raSampler && recipe.worldSize < recipe.raReps) {
    result.push(
      `With fewer ranks (${recipe.worldSize}) than repetitions (${recipe.raReps}) an image meets itself in a rank’s batch, in mixing and in batch norm: torchvision’s recipe has 8 ranks.`,
    );
  }
  if (frozenStages.length > 0) {
    result.push(`Frozen: ${frozenStages.join(', ')}. Their batch norm uses its running statistics.`);
  }
  return result;
}
