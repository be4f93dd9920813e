/** A kernel call that is ready to be encoded. */
import type { KernelCall } from '../kernels/kernel.ts';
import type { PipelineCache } from './pipelines.ts';

export interface Command {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  workgroups: readonly [number, number, number];
}

export function encodeCommand(pass: GPUComputePassEncoder, { pipeline, group, workgroups }: Command): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...workgroups);
}

/**
 * A command by itself, with a uniform buffer of its own, which the caller destroys; plans have one for all.
 * @param step the step's parameters, for kernels that read them
 */
export async function createCommand(
  device: GPUDevice,
  cache: PipelineCache,
  call: KernelCall,
  buffers: readonly GPUBuffer[],
  step: GPUBuffer | null,
): Promise<{ command: Command; constants: GPUBuffer }> {
  const { pipeline, layout } = await cache.get(call, buffers.length, step !== null);
  const bytes = Uint32Array.from(call.constants);
  const constants = device.createBuffer({
    label: 'constants',
    size: bytes.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(constants, 0, bytes);
  const bound = [constants, ...buffers, ...(step === null ? [] : [step])];
  const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ label: call.kernel, layout, entries });
  return { command: { pipeline, group, workgroups: call.workgroups }, constants };
}
