/**
 * The set-up of scripts/goldens/resnet50_parity.py, and its results, for any StepRunner. Every block's last γ
 * is near 0.05, every β near ±3γ and the learning rate small: then correct f32 code stays far within 1e-3 (with
 * β near 0, activations at ReLU's kink fall on either side by rounding), and a mistake does not.
 */
import { readFileSync } from 'node:fs';
import type { EngineDevice } from '../../src/engine/device.ts';
import type { ImageBatch, ModelState, NamedTensors } from '../../src/engine/stepRunner.ts';
import { elementCount, isTrainable, stateDictOf, type TensorSpec } from '../../src/model/parameters.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { hashUniform } from './hash.ts';

interface Goldens {
  setup: {
    classes: number;
    batch: number;
    size: number;
    steps: number;
    lr: number;
    momentum: number;
    weightDecay: number;
    normWeightDecay: number;
    labelSmoothing: number;
    emaSteps: number;
    emaDecay: number;
    worldSize: number;
    epochs: number;
    effectiveEmaDecay: number;
  };
  evalLogits: number[];
  trainLogits: number[];
  losses: number[];
  torchF32LossError: number;
  batchCounts: { raw: number; ema: number };
  sampled: number;
  tensors: Record<string, { offset: number; length: number; torchF32Error: number }>;
}

const folder = new URL('../goldens/', import.meta.url);
export const parityGoldens = JSON.parse(
  readFileSync(new URL('resnet50-parity.json', folder), 'utf8'),
) as Goldens;
const blob = readFileSync(new URL('resnet50-parity.bin', folder));
const values = new Float32Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.byteLength));

export const parityGraph = buildResNet('resnet50', parityGoldens.setup.classes);

export const parityRecipe: Recipe = {
  ...presets.baseline.recipe,
  worldSize: parityGoldens.setup.worldSize,
  batchSize: parityGoldens.setup.batch,
  epochs: parityGoldens.setup.epochs,
  lr: parityGoldens.setup.lr,
  momentum: parityGoldens.setup.momentum,
  weightDecay: parityGoldens.setup.weightDecay,
  normWeightDecay: parityGoldens.setup.normWeightDecay,
  labelSmoothing: parityGoldens.setup.labelSmoothing,
  modelEma: true,
  modelEmaSteps: parityGoldens.setup.emaSteps,
  modelEmaDecay: parityGoldens.setup.emaDecay,
};

/** PyTorch's values of e.g. `gradient0/fc.weight`, at the places that `sampleOf` takes. */
export function parityValues(name: string): Float32Array {
  const entry = parityGoldens.tensors[name];
  if (entry === undefined) throw new Error(`No golden "${name}".`);
  return values.subarray(entry.offset, entry.offset + entry.length);
}

/** The elements of a tensor that the goldens hold: every stride-th, at most `sampled`. */
export function sampleOf(tensor: Float32Array | undefined): Float32Array {
  if (tensor === undefined) throw new Error('The tensor is missing.');
  const stride = Math.max(1, Math.floor(tensor.length / parityGoldens.sampled));
  const length = Math.min(parityGoldens.sampled, Math.ceil(tensor.length / stride));
  return Float32Array.from({ length }, (_, i) => tensor[i * stride] ?? NaN);
}

/** The hashed state at the first step: momentum zero, EMA equal to the weights. */
export function parityState(): ModelState {
  const specs = stateDictOf(parityGraph);
  const weights: NamedTensors = new Map(specs.map((spec, i) => [spec.name, hashedTensor(spec, i)]));
  const momentum: NamedTensors = new Map(
    specs
      .filter((spec) => isTrainable(spec.kind))
      .map((spec) => [spec.name, new Float32Array(elementCount(spec.shape))]),
  );
  return { weights, momentum, ema: new Map(weights) };
}

function hashedTensor(spec: TensorSpec, index: number): Float32Array {
  const u = Float64Array.from(hashUniform(elementCount(spec.shape), index + 1));
  const isLastNorm = spec.name.startsWith('layer') && spec.name.includes('.bn3.');
  const scaled = u.map((value) => {
    switch (spec.kind) {
      case 'convolutionWeight':
        return value * Math.sqrt(6 / elementCount(spec.shape.slice(1)));
      case 'linearWeight':
      case 'linearBias':
        return value / Math.sqrt(2048);
      case 'normBias':
        return (isLastNorm ? 0.05 : 1) * (value < 0 ? -1 : 1) * (3 + 0.1 * value);
      case 'runningMean':
        return 0.1 * value;
      case 'normWeight':
        return (isLastNorm ? 0.05 : 1) * (1 + 0.1 * value);
      case 'runningVariance':
        return 4 * (1 + 0.1 * value);
      case 'batchCount':
        return 0;
    }
  });
  return Float32Array.from(scaled);
}

/** Images of a step on the GPU, and its one-hot targets. */
export function parityBatch({ device }: EngineDevice, step: number): ImageBatch & { targets: Float32Array } {
  const { batch, size, classes } = parityGoldens.setup;
  const images = hashUniform(batch * size * size * 3, 1000 + step).map((value) => value * 2);
  const buffer = device.createBuffer({
    size: images.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, images);
  const targets = new Float32Array(batch * classes);
  hashUniform(batch, 2000 + step).forEach((u, i) => {
    targets[i * classes + Math.floor(((u + 1) / 2) * classes)] = 1;
  });
  return { images: buffer, batchSize: batch, sizePx: size, targets };
}
