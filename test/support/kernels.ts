/** Runs one KernelCall on the test device. */
import type { EngineDevice } from '../../src/engine/device.ts';
import { stepParameterBytes, type KernelCall } from '../../src/engine/kernels/kernel.ts';

/**
 * Runs a kernel on copies of the buffers, in the order of its bindings, and returns what they hold afterwards.
 * @param step values of the step's parameters, for kernels that have them
 */
export async function runKernel(
  { device }: EngineDevice,
  call: KernelCall,
  buffers: readonly Float32Array[],
  step?: readonly number[],
): Promise<Float32Array[]> {
  const module = device.createShaderModule({ code: call.code });
  const problems = (await module.getCompilationInfo()).messages.filter(({ type }) => type === 'error');
  if (problems.length > 0) {
    const text = problems.map(({ lineNum, message }) => `${String(lineNum)}: ${message}`).join('\n');
    throw new Error(`${call.kernel} does not compile:\n${text}\n${call.code}`);
  }
  device.pushErrorScope('validation');
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const make = (bytes: ArrayBufferView<ArrayBuffer>, kind: number) => {
    const buffer = device.createBuffer({ size: Math.ceil(bytes.byteLength / 16) * 16, usage: kind });
    device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  };
  const storage = buffers.map((values) => make(Float32Array.from(values), usage));
  const uniform = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const bound = [make(Uint32Array.from(call.constants), uniform), ...storage];
  if (step !== undefined) {
    const values = new Float32Array(stepParameterBytes / 4);
    values.set(step);
    bound.push(make(values, uniform));
  }
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: bound.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...call.workgroups);
  pass.end();
  const readable = storage.map((buffer) => {
    const copy = device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return copy;
  });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(`${call.kernel}: ${error.message}`);
  const results: Float32Array[] = [];
  for (const [i, copy] of readable.entries()) {
    await copy.mapAsync(GPUMapMode.READ);
    results.push(new Float32Array(copy.getMappedRange().slice(0)).subarray(0, buffers[i]?.length));
    copy.destroy();
  }
  for (const buffer of bound) buffer.destroy();
  return results;
}

/** Result number i of runKernel. */
export function result(results: readonly Float32Array[], i: number): Float32Array {
  const values = results[i];
  if (values === undefined) throw new Error(`There is no buffer ${String(i)}.`);
  return values;
}
