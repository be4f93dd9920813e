/** How tfjs's own kernels are replaced, called, and what the engine's may use on tfjs's device. */
import * as tf from '@tensorflow/tfjs-core';
import { describeAdapter, isSoftwareAdapter } from '../../engine/device.ts';
import { coreKernelChoice, defaultKernelChoice } from '../../engine/kernelChoice.ts';
import type { KernelChoice } from '../../engine/plan/builder.ts';
import { internalsOf, type BackendInternals } from '../webgpuBackend.ts';

export type Tensors = Partial<Record<string, tf.TensorInfo>>;

/** What tfjs hands to a kernel. */
export interface KernelParameters<Attributes> {
  inputs: Tensors;
  backend: BackendInternals;
  attributes: Attributes;
}

/**
 * Registers a kernel in place of tfjs's. Where it gives null it does not cover the call, and tfjs's kernel runs.
 * @throws Error if the WebGPU backend was not imported yet
 */
export function replaceKernel<Attributes>(
  kernelName: string,
  compute: (parameters: KernelParameters<Attributes>) => tf.TensorInfo | null,
): void {
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
    kernelFunc: (parameters) =>
      compute({
        inputs: parameters.inputs,
        backend: internalsOf(parameters.backend),
        attributes: parameters.attrs as Attributes,
      }) ?? stock.kernelFunc(parameters),
  });
}

/** Runs a kernel that gives one tensor. */
export function runStock(
  backend: BackendInternals,
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: Readonly<Record<string, unknown>>,
): tf.TensorInfo {
  const result = tf.getKernel(kernelName, 'webgpu').kernelFunc({ inputs, backend, attrs: attrs as never });
  if (Array.isArray(result)) throw new Error(`${kernelName} gave several tensors.`);
  return result;
}

/** WebGPU does not let a kernel bind the same buffer twice where one of them may be written. */
export function areSeparateFloats(tensors: readonly tf.TensorInfo[]): boolean {
  return (
    tensors.every(({ dtype }) => dtype === 'float32') &&
    new Set(tensors.map(({ dataId }) => dataId)).size === tensors.length
  );
}

const choices = new WeakMap<GPUDevice, KernelChoice>();

/** The kernels that suit tfjs's device; where it does not tell about itself, what needs only core WebGPU. */
export function kernelChoiceFor(device: GPUDevice): KernelChoice {
  const known = choices.get(device);
  if (known !== undefined) return known;
  const { adapterInfo } = device as Partial<Pick<GPUDevice, 'adapterInfo'>>;
  let choice = coreKernelChoice;
  if (adapterInfo !== undefined) {
    const adapterName = describeAdapter(adapterInfo);
    choice = defaultKernelChoice({
      device,
      adapterInfo,
      adapterName,
      isSoftware: isSoftwareAdapter(adapterName),
    });
  }
  choices.set(device, choice);
  return choice;
}
