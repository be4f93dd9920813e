/** Runs an engine kernel on tfjs tensors, inside tfjs's own command stream. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { stepParameterBytes, type KernelCall } from '../engine/kernels/kernel.ts';
import { bufferOf, type BackendInternals } from './webgpuBackend.ts';

interface DeviceCache {
  pipelines: Map<string, GPUComputePipeline>;
  uniforms: Map<string, GPUBuffer>;
}

const caches = new WeakMap<GPUDevice, DeviceCache>();

/** @param readsStep whether the kernel's last binding is the step's parameters; all are zero here */
export function runCall(
  backend: BackendInternals,
  call: KernelCall,
  tensors: readonly TensorInfo[],
  readsStep = false,
): void {
  const { device } = backend;
  const cache = caches.get(device) ?? {
    pipelines: new Map<string, GPUComputePipeline>(),
    uniforms: new Map<string, GPUBuffer>(),
  };
  caches.set(device, cache);
  let pipeline = cache.pipelines.get(call.code);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ label: call.kernel, code: call.code });
    pipeline = device.createComputePipeline({ label: call.kernel, layout: 'auto', compute: { module } });
    cache.pipelines.set(call.code, pipeline);
  }
  const buffers = [
    uniform(device, cache, call.constants),
    ...tensors.map((tensor) => bufferOf(backend, tensor)),
    ...(readsStep ? [uniform(device, cache, Array<number>(stepParameterBytes / 4).fill(0))] : []),
  ];
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  const pass = backend.commandEncoder.beginComputePass({ label: call.kernel });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...call.workgroups);
  pass.end();
}

/** Shapes repeat from step to step, so their constants are kept. */
function uniform(device: GPUDevice, { uniforms }: DeviceCache, values: readonly number[]): GPUBuffer {
  const key = values.join(' ');
  const known = uniforms.get(key);
  if (known !== undefined) return known;
  const bytes = Uint32Array.from(values);
  const buffer = device.createBuffer({
    label: 'constants',
    size: Math.ceil(bytes.byteLength / 16) * 16,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, bytes);
  uniforms.set(key, buffer);
  return buffer;
}
