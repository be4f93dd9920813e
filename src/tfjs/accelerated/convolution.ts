/**
 * tfjs's convolutions on the engine's kernels: Conv2D, FusedConv2D (which tf.layers runs) and both gradients.
 * Other layouts, dilation, oblong kernels and integer tensors go to tfjs's own kernels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { filterElements, type ConvolutionShape } from '../../engine/kernels/convolution.ts';
import {
  convolutionFilterGradient,
  filterGradientShares,
} from '../../engine/kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../../engine/kernels/convolutionForward.ts';
import { convolutionInputGradient } from '../../engine/kernels/convolutionInputGradient.ts';
import { paddedChannels } from '../../engine/kernels/kernel.ts';
import { sumPartials } from '../../engine/kernels/update.ts';
import { runCall } from '../runCall.ts';
import type { BackendInternals } from '../webgpuBackend.ts';
import {
  areSeparateFloats,
  kernelChoiceFor,
  replaceKernel,
  runStock,
  type KernelParameters,
} from './stock.ts';

type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** The attributes that tfjs's convolution kernels have. */
interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  inputShape?: [number, number, number, number];
  filterShape?: [number, number, number, number];
  activation?: string;
}

type Parameters = KernelParameters<ConvolutionAttributes>;

interface Convolution {
  info: Conv2DInfo;
  shape: ConvolutionShape;
}

/** Registers the engine's convolutions in place of tfjs's. */
export function accelerateConvolutions(): void {
  replaceKernel('Conv2D', forward);
  replaceKernel('FusedConv2D', fusedForward);
  replaceKernel('Conv2DBackpropInput', inputGradient);
  replaceKernel('Conv2DBackpropFilter', filterGradient);
}

/** y = x ∗ filter + bias, where there is one. */
function forward({ backend, inputs: { x, filter, bias }, attributes }: Parameters): tf.TensorInfo | null {
  const convolution = convolutionOf(attributes, [x, filter], x?.shape, filter?.shape);
  if (x === undefined || filter === undefined || convolution === null) return null;
  const { info, shape } = convolution;
  // One bias a channel; tfjs allows other shapes, too.
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== info.outChannels)) return null;
  if (bias !== undefined && !areSeparateFloats([x, filter, bias])) return null;
  const { forward: variant } = kernelChoiceFor(backend.device).convolution;
  return withPaddedChannels(
    backend,
    [
      { tensor: x, channelAxes: [3] },
      { tensor: filter, channelAxes: [2, 3] },
      ...(bias === undefined ? [] : [{ tensor: bias, channelAxes: [0] }]),
    ],
    { shape: info.outShape, channelAxes: [3] },
    (tensors, y) => {
      const call = convolutionForward(shape, variant, bias === undefined ? 'none' : 'bias');
      // The bias is bound behind the result.
      runCall(backend, call, [...tensors.slice(0, 2), y, ...tensors.slice(2)]);
    },
  );
}

/** tfjs's kernels of the activations that FusedConv2D may ask for; null: none is needed. */
const activationKernels = new Map<string, string | null>([
  ['linear', null],
  ['relu', 'Relu'],
  ['relu6', 'Relu6'],
  ['elu', 'Elu'],
  ['sigmoid', 'Sigmoid'],
]);

function fusedForward(parameters: Parameters): tf.TensorInfo | null {
  const { backend, attributes } = parameters;
  const activation = activationKernels.get(attributes.activation ?? 'linear');
  if (activation === undefined) return null;
  const sum = forward(parameters);
  if (sum === null || activation === null) return sum;
  const activated = runStock(backend, activation, { x: sum }, {});
  backend.disposeData(sum.dataId);
  return activated;
}

function inputGradient({ backend, inputs: { dy, filter }, attributes }: Parameters): tf.TensorInfo | null {
  const convolution = convolutionOf(attributes, [dy, filter], attributes.inputShape, filter?.shape);
  if (dy === undefined || filter === undefined || convolution === null) return null;
  const { info, shape } = convolution;
  const { inputGradient: variant } = kernelChoiceFor(backend.device).convolution;
  return withPaddedChannels(
    backend,
    [
      { tensor: dy, channelAxes: [3] },
      { tensor: filter, channelAxes: [2, 3] },
    ],
    { shape: info.inShape, channelAxes: [3] },
    (tensors, dx) => runCall(backend, convolutionInputGradient(shape, variant), [...tensors, dx]),
  );
}

function filterGradient({ backend, inputs: { x, dy }, attributes }: Parameters): tf.TensorInfo | null {
  const convolution = convolutionOf(attributes, [x, dy], x?.shape, attributes.filterShape);
  if (x === undefined || dy === undefined || convolution === null) return null;
  const { info, shape } = convolution;
  const { convolution: variants, workgroups } = kernelChoiceFor(backend.device);
  const variant = variants.filterGradient;
  const shares = filterGradientShares(shape, variant, workgroups);
  const call = convolutionFilterGradient(shape, variant, shares);
  return withPaddedChannels(
    backend,
    [
      { tensor: x, channelAxes: [3] },
      { tensor: dy, channelAxes: [3] },
    ],
    { shape: info.filterShape, channelAxes: [2, 3] },
    (tensors, dw) => {
      if (shares === 1) {
        runCall(backend, call, [...tensors, dw], true);
        return;
      }
      const elements = filterElements(shape);
      const partials = backend.makeTensorInfo([shares, elements], 'float32');
      runCall(backend, call, [...tensors, partials]);
      runCall(backend, sumPartials(elements, shares), [partials, dw], true);
      backend.disposeData(partials.dataId);
    },
  );
}

interface WithChannels {
  tensor: tf.TensorInfo;
  /** Axes that hold channels: they are filled up to whole vectors. */
  channelAxes: readonly number[];
}

/** Computes on tensors whose channels are whole vectors, and cuts the result to its own shape. */
function withPaddedChannels(
  backend: BackendInternals,
  inputs: readonly WithChannels[],
  { shape, channelAxes }: { shape: readonly number[]; channelAxes: readonly number[] },
  compute: (inputs: tf.TensorInfo[], output: tf.TensorInfo) => void,
): tf.TensorInfo {
  const padded = inputs.map((input) => padChannels(backend, input));
  const whole = shape.map((size, axis) => (channelAxes.includes(axis) ? paddedChannels(size) : size));
  const computed = backend.makeTensorInfo(whole, 'float32');
  compute(padded, computed);
  padded.forEach((tensor, i) => {
    if (tensor !== inputs[i]?.tensor) backend.disposeData(tensor.dataId);
  });
  if (whole.every((size, axis) => size === shape[axis])) return computed;
  const cut = runStock(backend, 'Slice', { x: computed }, { begin: shape.map(() => 0), size: [...shape] });
  backend.disposeData(computed.dataId);
  return cut;
}

/** The tensor itself where its channels are whole vectors already. */
function padChannels(backend: BackendInternals, { tensor, channelAxes }: WithChannels): tf.TensorInfo {
  const paddings = tensor.shape.map((size, axis) => [
    0,
    channelAxes.includes(axis) ? paddedChannels(size) - size : 0,
  ]);
  if (paddings.every(([, after]) => after === 0)) return tensor;
  return runStock(backend, 'PadV2', { x: tensor }, { paddings, constantValue: 0 });
}

/** Null where the engine's kernels do not cover it. */
function convolutionOf(
  { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: ConvolutionAttributes,
  tensors: readonly (tf.TensorInfo | undefined)[],
  inputShape: readonly number[] | undefined,
  filterShape: readonly number[] | undefined,
): Convolution | null {
  if (!areSeparateFloats(tensors.filter((tensor) => tensor !== undefined))) return null;
  if (inputShape?.length !== 4 || filterShape?.length !== 4 || dataFormat !== 'NHWC') return null;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const isCovered =
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    info.filterHeight === info.filterWidth &&
    info.strideHeight === info.strideWidth &&
    info.padInfo.top === info.padInfo.left &&
    tf.util.sizeFromShape(info.inShape) > 0 &&
    tf.util.sizeFromShape(info.outShape) > 0;
  if (!isCovered) return null;
  return {
    info,
    shape: {
      batch: info.batchSize,
      inHeight: info.inHeight,
      inWidth: info.inWidth,
      inChannels: paddedChannels(info.inChannels),
      outChannels: paddedChannels(info.outChannels),
      kernelPx: info.filterHeight,
      stridePx: info.strideHeight,
      paddingPx: info.padInfo.top,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
    },
  };
}
