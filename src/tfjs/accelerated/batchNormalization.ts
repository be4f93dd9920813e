/**
 * The training of tf.layers' batch normalisation on the engine's kernels: six dispatches for both passes, instead of
 * tf.moments, tf.batchNorm and their gradients operation by operation, most of them over the whole tensor.
 *
 *   y = γ·(x − mean) / √(variance + ε) + β over the last axis, mean and the biased variance of the batch
 *
 * The layer calls no kernel of its own that could be replaced: its statistics are plain means and squares. So two
 * kernels with a gradient are registered beside tfjs's, and the layer's `call` uses them when it trains. Inference,
 * other axes, and channels that are no multiple of 4 stay tfjs's. (Second derivatives are refused by tfjs: the
 * gradient's kernel has no gradient.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { batchNormApply } from '../../engine/kernels/batchNorm.ts';
import {
  batchNormGradients,
  batchNormInputGradient,
  gradientTiles,
} from '../../engine/kernels/batchNormGradient.ts';
import { vectorWidth } from '../../engine/kernels/kernel.ts';
import { runCall } from '../runCall.ts';
import { internalsOf, type BackendInternals } from '../webgpuBackend.ts';
import { mergeTileMoments, tileGradients, tileMoments } from './batchNormalizationKernels.ts';
import { areSeparateFloats } from './stock.ts';

const forwardKernel = 'TabtrainBatchNormTraining';
const gradientKernel = 'TabtrainBatchNormTrainingGradient';

/** As tfjs knows tf.layers' class. */
const layerName = 'BatchNormalization';

/** Vectors of one value a channel in the moments of a layer. */
const momentVectors = 4;

interface LayerVariable {
  read: () => tf.Tensor;
  write: (value: tf.Tensor) => unknown;
}

/** What is used of tf.layers' BatchNormalization, read in the source of tfjs-layers 4.22.0. */
interface BatchNormalizationLayer {
  axis: number;
  /** Share of the old moving statistics. */
  momentum: number;
  epsilon: number;
  /** Missing where the layer has none. */
  gamma?: LayerVariable;
  beta?: LayerVariable;
  movingMean: LayerVariable;
  movingVariance: LayerVariable;
}

type Call = (
  this: BatchNormalizationLayer,
  inputs: tf.Tensor | tf.Tensor[],
  kwargs: { training?: boolean },
) => tf.Tensor | tf.Tensor[];

/** The layer's class and how it is made from a configuration. */
type RegisteredLayer = tf.serialization.SerializationMap['classNameMap'][string];

/** Registers the kernels, and makes the layer of tf.layers use them. */
export function accelerateBatchNormalization(): void {
  tf.registerKernel({
    kernelName: forwardKernel,
    backendName: 'webgpu',
    kernelFunc: ({ inputs: { x, gamma, beta }, backend, attrs }) =>
      forward(internalsOf(backend), given(x), given(gamma), given(beta), Number(attrs?.epsilon)),
  });
  tf.registerKernel({
    kernelName: gradientKernel,
    backendName: 'webgpu',
    kernelFunc: ({ inputs: { dy, x, moments }, backend }) =>
      gradient(internalsOf(backend), given(dy), given(x), given(moments)),
  });
  tf.registerGradient({
    kernelName: forwardKernel,
    inputsToSave: ['x'],
    outputsToSave: [false, false, false, true],
    gradFunc: (gradients, saved) => {
      // The layer hands back nothing for mean and variance: its moving statistics are not trained.
      const dy = given((gradients as tf.Tensor[])[0]);
      const [x, moments] = saved;
      const separate = dy.dataId === x?.dataId ? tf.mul(dy, 1) : dy;
      const inputs = { dy: separate, x: given(x), moments: given(moments) };
      const [dx, dgamma, dbeta] = tf.engine().runKernel<tf.Tensor[]>(gradientKernel, inputs, {});
      return { x: () => given(dx), gamma: () => given(dgamma), beta: () => given(dbeta) };
    },
  });
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const registered = classNameMap[layerName];
  if (registered !== undefined) {
    replaceCall(registered);
    return;
  }
  // tf.layers may be imported later: it registers the layer by this assignment.
  Object.defineProperty(classNameMap, layerName, {
    configurable: true,
    enumerable: true,
    get: () => undefined,
    set: (entry: RegisteredLayer) => {
      const settled = { configurable: true, enumerable: true, writable: true, value: entry };
      Object.defineProperty(classNameMap, layerName, settled);
      replaceCall(entry);
    },
  });
}

/** Makes the layer use the kernels when it trains and they cover it. */
function replaceCall([layerClass]: RegisteredLayer): void {
  const layer = layerClass.prototype as unknown as { call: Call };
  const stock = layer.call;
  layer.call = function (inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const used = kwargs.training === true && x !== undefined ? coveredTensors(this, x) : null;
    return used === null ? stock.call(this, inputs, kwargs) : tf.tidy(() => train(this, used));
  };
}

interface Used {
  x: tf.Tensor;
  gamma: tf.Tensor;
  beta: tf.Tensor;
}

/** What the layer normalises and by what; null where the kernels do not cover it. */
function coveredTensors(layer: BatchNormalizationLayer, x: tf.Tensor): Used | null {
  const channels = x.shape.at(-1) ?? 0;
  const isLastAxis = layer.axis === -1 || layer.axis === x.rank - 1;
  const gamma = layer.gamma?.read();
  const beta = layer.beta?.read();
  const isCovered = tf.getBackend() === 'webgpu' && isLastAxis && x.size > 0 && channels % vectorWidth === 0;
  if (!isCovered || gamma === undefined || beta === undefined) return null;
  return areSeparateFloats([x, gamma, beta]) ? { x, gamma, beta } : null;
}

/** Normalises by the batch's statistics and moves the layer's. */
function train(layer: BatchNormalizationLayer, { x, gamma, beta }: Used): tf.Tensor {
  const [y, mean, variance] = tf
    .engine()
    .runKernel<tf.Tensor[]>(forwardKernel, { x, gamma, beta }, { epsilon: layer.epsilon });
  move(layer.movingMean, given(mean), layer.momentum);
  move(layer.movingVariance, given(variance), layer.momentum);
  return given(y);
}

/** As the layer writes it: moving − (moving − batch)·(1 − momentum). */
function move(variable: LayerVariable, batchValue: tf.Tensor, momentum: number): void {
  tf.tidy(() => {
    const moving = variable.read();
    variable.write(tf.sub(moving, tf.mul(tf.sub(moving, batchValue), 1 - momentum)));
  });
}

/** [y, mean, variance, moments]. */
function forward(
  backend: BackendInternals,
  x: tf.TensorInfo,
  gamma: tf.TensorInfo,
  beta: tf.TensorInfo,
  epsilon: number,
): tf.TensorInfo[] {
  const { rows, channels } = extents(x);
  const partials = backend.makeTensorInfo([gradientTiles(rows), 2, channels], 'float32');
  const mean = backend.makeTensorInfo([channels], 'float32');
  const variance = backend.makeTensorInfo([channels], 'float32');
  const moments = backend.makeTensorInfo([momentVectors, channels], 'float32');
  const y = backend.makeTensorInfo(x.shape, 'float32');
  runCall(backend, tileMoments(rows, channels), [x, partials]);
  const merge = mergeTileMoments(rows, channels, epsilon);
  runCall(backend, merge, [partials, gamma, beta, mean, variance, moments]);
  runCall(backend, batchNormApply(rows, channels, 'none', false), [x, moments, y]);
  backend.disposeData(partials.dataId);
  return [y, mean, variance, moments];
}

/** [dx, dγ, dβ]. */
function gradient(
  backend: BackendInternals,
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
  moments: tf.TensorInfo,
): tf.TensorInfo[] {
  const { rows, channels } = extents(x);
  const tiles = gradientTiles(rows);
  const partials = backend.makeTensorInfo([tiles, 2, channels], 'float32');
  const coefficients = backend.makeTensorInfo([3, channels], 'float32');
  const dx = backend.makeTensorInfo(x.shape, 'float32');
  const dgamma = backend.makeTensorInfo([channels], 'float32');
  const dbeta = backend.makeTensorInfo([channels], 'float32');
  runCall(backend, tileGradients(rows, channels), [dy, x, moments, partials]);
  const sums = [partials, moments, coefficients, dgamma, dbeta];
  runCall(backend, batchNormGradients(rows, channels, tiles), sums, true);
  const input = batchNormInputGradient(rows, channels, false);
  runCall(backend, input, [dy, dx, moments, x, coefficients]);
  backend.disposeData(partials.dataId);
  backend.disposeData(coefficients.dataId);
  return [dx, dgamma, dbeta];
}

function extents({ shape }: tf.TensorInfo): { rows: number; channels: number } {
  const channels = shape.at(-1) ?? 0;
  return { rows: tf.util.sizeFromShape([...shape]) / channels, channels };
}

/** tfjs hands tensors over by name; without one the call was wrong. */
function given<T>(tensor: T | undefined): T {
  if (tensor === undefined) throw new Error('Batch normalisation was called without one of its tensors.');
  return tensor;
}
