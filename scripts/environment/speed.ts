/**
 * How fast an adapter computes, as the tests need it: time limits in tests are for the adapter that the project
 * is developed on (lavapipe on two cores) and are stretched for slower ones (test/support/patience.ts).
 */

/** What `measureSpeed` takes on lavapipe on two idle cores (llvmpipe of Mesa 25.0, LLVM 15), in milliseconds. */
const referenceMs = 100;

/**
 * Milliseconds to compile and run a product of two 256 × 256 matrices, a tile of 4 × 4 values a thread, 12
 * times: what a convolution does. Sent to the browser as text, so it uses nothing from outside and no function
 * within has a name.
 */
export async function measureSpeed(device: GPUDevice): Promise<number> {
  const size = 256;
  const start = performance.now();
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: {
      module: device.createShaderModule({
        code: `
@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < ${String(size)}u; k++) {
    let right = b[k * ${String(size / 4)}u + id.x];
    for (var row = 0u; row < 4u; row++) {
      sums[row] += a[((id.y * 4u + row) * ${String(size)}u + k) / 4u][k % 4u] * right;
    }
  }
  for (var row = 0u; row < 4u; row++) { c[(id.y * 4u + row) * ${String(size / 4)}u + id.x] = sums[row]; }
}`,
      }),
      entryPoint: 'main',
    },
  });
  const buffers = [0, 1, 2].map(() =>
    device.createBuffer({ size: size * size * 4, usage: 0x80 /* GPUBufferUsage.STORAGE */ }),
  );
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  for (let round = 0; round < 12; round++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(size / 32, size / 32);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
  await device.queue.onSubmittedWorkDone();
  for (const buffer of buffers) buffer.destroy();
  return performance.now() - start;
}

/** How many times as long as on the reference adapter tests may take here, at least 1; from milliseconds measured. */
export function slownessOf(measuredMs: number): number {
  return Math.max(1, Math.round((measuredMs / referenceMs) * 10) / 10);
}
