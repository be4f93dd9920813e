/** GPU memory that may not be there: allocated under an error scope, so that a refusal has a message. */
import type { ParameterLayout } from '../plan/parameterLayout.ts';
import type { ParameterArray } from '../plan/plan.ts';

/** The GPU has no room; the message names how much was asked for, and what to do. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** A storage buffer to be made. */
export interface StorageRequest {
  label: string;
  bytes: number;
}

/**
 * Storage buffers, all or none.
 * @param purpose what they hold, for the message
 * @throws OutOfMemoryError when the GPU refuses one
 */
export async function allocateStorage(
  device: GPUDevice,
  purpose: string,
  requests: readonly StorageRequest[],
): Promise<GPUBuffer[]> {
  device.pushErrorScope('out-of-memory');
  const buffers = requests.map(({ label, bytes }) =>
    device.createBuffer({
      label,
      size: bytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    }),
  );
  // Popped before anything is awaited: scopes of others would come between.
  const error = await device.popErrorScope();
  if (error === null) return buffers;
  for (const buffer of buffers) buffer.destroy();
  const total = requests.reduce((sum, { bytes }) => sum + bytes, 0);
  const gigabytes = (total / 2 ** 30).toFixed(2);
  throw new OutOfMemoryError(
    `The GPU has no room for ${gigabytes} GiB (${String(total)} bytes) of ${purpose}. Set a smaller microBatchSize or ` +
      'batchSize, a smaller trainCropSize or valCropSize, or a smaller model; closing other tabs and programs that ' +
      'use the GPU helps too.',
  );
}

export type ParameterBuffers = Record<ParameterArray, GPUBuffer | null>;

/**
 * The flat arrays of the parameters, zero.
 * @throws OutOfMemoryError
 */
export async function allocateParameters(
  device: GPUDevice,
  { extents, frozenElements }: ParameterLayout,
  hasEma: boolean,
): Promise<ParameterBuffers> {
  const elements = extents.other + extents.norm + extents.buffers + frozenElements;
  const labels: ParameterArray[] = ['weights', 'gradients', 'momentum', ...(hasEma ? ['ema' as const] : [])];
  const bytes = elements * Float32Array.BYTES_PER_ELEMENT;
  const [weights = null, gradients = null, momentum = null, ema = null] = await allocateStorage(
    device,
    'weights, gradients and momentum',
    labels.map((label) => ({ label, bytes })),
  );
  return { weights, gradients, momentum, ema };
}
