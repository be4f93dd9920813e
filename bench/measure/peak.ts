/** What the adapter's arithmetic could reach: multiply-adds without a load between them. */

const accumulators = 8;
const unrolled = 16;
const iterations = 512;
const workgroups = 1024;
const threads = 64;

export async function measurePeakGflops(device: GPUDevice): Promise<number> {
  const names = Array.from({ length: accumulators }, (_, i) => `a${String(i)}`);
  const line = names.map((name) => `${name} = fma(${name}, m, b);`).join(' ');
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(${String(threads)}) fn main(@builtin(global_invocation_id) id: vec3u) {
  ${names.map((name, i) => `var ${name} = vec4f(f32(id.x + ${String(i)}u));`).join(' ')}
  let m = vec4f(0.999); let b = vec4f(0.5);
  for (var k = 0u; k < ${String(iterations)}u; k += 1u) { ${`${line}\n`.repeat(unrolled)} }
  y[id.x] = ${names.join(' + ')};
}`;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const buffer = device.createBuffer({ size: workgroups * threads * 16, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  let bestMs = Infinity;
  for (let round = 0; round < 4; round += 1) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
    const started = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    bestMs = Math.min(bestMs, performance.now() - started);
  }
  buffer.destroy();
  const flops = 2 * 4 * accumulators * unrolled * iterations * workgroups * threads;
  return flops / bestMs / 1e6;
}
