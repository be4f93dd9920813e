/**
 * `import '…/tfjs/accelerate.ts'` after tfjs and its WebGPU backend, before the first tensor: from then on its
 * convolutions, forward and both gradients, run on the engine's kernels, in any model. What those do not cover (other layouts, dilation,
 * oblong kernels, integer tensors) goes to tfjs's own kernel as before.
 *
 * The results are the same sums in another order: equal within float32 rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { requestEngineDevice } from '../engine/device.ts';
import type { ConvolutionShape, ConvolutionVariant } from '../engine/kernels/convolution.ts';
import { convolutionFilterGradient } from '../engine/kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../engine/kernels/convolutionForward.ts';
import { convolutionInputGradient } from '../engine/kernels/convolutionInputGradient.ts';
import { paddedChannels, type KernelCall } from '../engine/kernels/kernel.ts';
import { coreVariant, preferredVariant } from '../engine/kernelChoice.ts';
import { runCall } from './runCall.ts';
import { internalsOf } from './webgpuBackend.ts';

type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

interface KernelParameters {
  inputs: tf.NamedTensorInfoMap;
  backend: unknown;
  attrs?: Readonly<Record<string, unknown>>;
}

/** The attributes that tfjs's convolution kernels have. */
interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  inputShape?: [number, number, number, number];
  filterShape?: [number, number, number, number];
}

const variants = new WeakMap<GPUDevice, ConvolutionVariant>();

/** What the kernels may use on a device; where it does not tell about itself, what needs only core WebGPU. */
function variantFor(device: GPUDevice): ConvolutionVariant {
  const { adapterInfo } = device as Partial<Pick<GPUDevice, 'adapterInfo'>>;
  const known = variants.get(device);
  if (known !== undefined) return known;
  const variant = adapterInfo === undefined ? coreVariant : preferredVariant({ device, adapterInfo });
  variants.set(device, variant);
  return variant;
}

/** tfjs's own priority of the WebGPU backend: before WebGL and the processor. */
const backendPriority = 3;

// tfjs asks for a device without the features that the faster variants need. A backend that runs already keeps
// its device.
// The types promise a backend.
if ((tf.findBackend('webgpu') as tf.KernelBackend | null) === null) {
  tf.removeBackend('webgpu');
  tf.registerBackend(
    'webgpu',
    async () => {
      const engine = await requestEngineDevice(navigator.gpu);
      return new WebGPUBackend(engine.device, engine.adapterInfo);
    },
    backendPriority,
  );
}

interface Convolution {
  info: Conv2DInfo;
  shape: ConvolutionShape;
}

replace('Conv2D', ['x', 'filter'], {
  convolution: (attributes, [x, filter]) => convolutionOf(attributes, x.shape, filter.shape),
  channelAxes: [[3], [2, 3]],
  output: ({ info }) => ({ shape: info.outShape, channelAxes: [3] }),
  call: ({ shape }, variant) => convolutionForward(shape, variant),
  readsStep: false,
});

replace('Conv2DBackpropInput', ['dy', 'filter'], {
  convolution: (attributes, [, filter]) => convolutionOf(attributes, attributes.inputShape, filter.shape),
  channelAxes: [[3], [2, 3]],
  output: ({ info }) => ({ shape: info.inShape, channelAxes: [3] }),
  call: ({ shape }, variant) => convolutionInputGradient(shape, variant),
  readsStep: false,
});

replace('Conv2DBackpropFilter', ['x', 'dy'], {
  convolution: (attributes, [x]) => convolutionOf(attributes, x.shape, attributes.filterShape),
  channelAxes: [[3], [3]],
  output: ({ info }) => ({ shape: info.filterShape, channelAxes: [2, 3] }),
  call: ({ shape }, variant) => convolutionFilterGradient(shape, variant, 1),
  readsStep: true,
});

interface Replacement {
  /** Null where the engine's kernels do not cover it. */
  convolution: (
    attributes: ConvolutionAttributes,
    inputs: [tf.TensorInfo, tf.TensorInfo],
  ) => Convolution | null;
  /** Axes of each input that hold channels: they are filled up to whole vectors. */
  channelAxes: [number[], number[]];
  output: (convolution: Convolution) => { shape: readonly number[]; channelAxes: number[] };
  call: (convolution: Convolution, variant: ConvolutionVariant) => KernelCall;
  readsStep: boolean;
}

/** Registers a kernel in place of tfjs's, which it falls back to. */
function replace(kernelName: string, inputNames: [string, string], replacement: Replacement): void {
  const stock = tf.getKernel(kernelName, 'webgpu');
  // The types promise one, but there is none before the backend is imported.
  if ((stock as tf.KernelConfig | undefined) === undefined) {
    throw new Error(
      'Import @tensorflow/tfjs-backend-webgpu before accelerate: its kernels are not registered yet.',
    );
  }
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    ...stock,
    kernelFunc: (parameters: KernelParameters) => {
      const [first, second] = inputNames.map((name) => parameters.inputs[name]);
      const attributes = parameters.attrs as unknown as ConvolutionAttributes;
      const convolution =
        first === undefined || second === undefined || !areSeparateFloats(first, second)
          ? null
          : replacement.convolution(attributes, [first, second]);
      if (first === undefined || second === undefined || convolution === null) {
        return stock.kernelFunc(parameters as never);
      }
      return compute(parameters.backend as WebGPUBackend, replacement, convolution, [first, second]);
    },
  });
}

/** WebGPU does not let a kernel bind the same buffer twice where one of them may be written. */
function areSeparateFloats(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  return a.dtype === 'float32' && b.dtype === 'float32' && a.dataId !== b.dataId;
}

function compute(
  webgpu: WebGPUBackend,
  { channelAxes, output, call, readsStep }: Replacement,
  convolution: Convolution,
  inputs: [tf.TensorInfo, tf.TensorInfo],
): tf.TensorInfo {
  const backend = internalsOf(webgpu);
  const padded = inputs.map((tensor, i) => padChannels(webgpu, tensor, channelAxes[i] ?? []));
  const { shape, channelAxes: outputAxes } = output(convolution);
  const whole = shape.map((size, axis) => (outputAxes.includes(axis) ? paddedChannels(size) : size));
  const computed = backend.makeTensorInfo(whole, 'float32');
  runCall(backend, call(convolution, variantFor(backend.device)), [...padded, computed], readsStep);
  padded.forEach((tensor, i) => {
    if (tensor !== inputs[i]) webgpu.disposeData(tensor.dataId);
  });
  if (whole.every((size, axis) => size === shape[axis])) return computed;
  const cut = runStock(webgpu, 'Slice', { x: computed }, { begin: shape.map(() => 0), size: [...shape] });
  webgpu.disposeData(computed.dataId);
  return cut;
}

/** The tensor itself where its channels are whole vectors already. */
function padChannels(webgpu: WebGPUBackend, tensor: tf.TensorInfo, axes: readonly number[]): tf.TensorInfo {
  const paddings = tensor.shape.map((size, axis) => [
    0,
    axes.includes(axis) ? paddedChannels(size) - size : 0,
  ]);
  if (paddings.every(([, after]) => after === 0)) return tensor;
  return runStock(webgpu, 'PadV2', { x: tensor }, { paddings, constantValue: 0 });
}

function runStock(
  backend: WebGPUBackend,
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: Readonly<Record<string, unknown>>,
): tf.TensorInfo {
  const result = tf.getKernel(kernelName, 'webgpu').kernelFunc({ inputs, backend, attrs: attrs as never });
  if (Array.isArray(result)) throw new Error(`${kernelName} gave several tensors.`);
  return result;
}

function convolutionOf(
  { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: ConvolutionAttributes,
  inputShape: readonly number[] | undefined,
  filterShape: readonly number[] | undefined,
): Convolution | null {
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
