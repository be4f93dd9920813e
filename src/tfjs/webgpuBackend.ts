/**
 * What of tfjs's WebGPU backend is used beyond its types: its command encoder, and the buffers of its tensors.
 * Read in the source of 4.22.0, which package.json pins.
 */
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';

export interface BackendInternals {
  device: GPUDevice;
  tensorMap: { get(id: DataId): { resource?: GPUBuffer } };
  /** Tensors whose buffers must live until the next submit. */
  commandQueueOwnedIds: WeakSet<DataId>;
  commandEncoder: GPUCommandEncoder;
  /** Makes a buffer for a tensor that has none. */
  uploadToGPU(id: DataId): void;
  makeTensorInfo(shape: readonly number[], dtype: 'float32'): TensorInfo;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  /** Frees the tensor's buffer, after the next submit where a command uses it. */
  disposeData(id: DataId): boolean;
}

/** @param backend tfjs's WebGPU backend, which it hands to kernels as a plain object */
export function internalsOf(backend: object): BackendInternals {
  return backend as BackendInternals;
}

/** The tensor's buffer, made if there is none yet. */
export function bufferOf(backend: BackendInternals, { dataId }: TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId);
  backend.commandQueueOwnedIds.add(dataId);
  const { resource } = backend.tensorMap.get(dataId);
  if (resource === undefined) throw new Error('tfjs gave a tensor no buffer on the GPU.');
  return resource;
}
