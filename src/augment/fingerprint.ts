/** A hash of what a buffer holds, computed where it is, so that a batch can be recognised when it is rebuilt. */
import { fingerprintKernel, fingerprintWorkgroups } from './kernels/fingerprint.ts';

const wordBytes = 4;

export class BufferFingerprint {
  private pipeline: GPUComputePipeline | null = null;

  constructor(private readonly device: GPUDevice) {}

  /**
   * Queued before the call returns: the buffer may be destroyed, or written to by later work, at once.
   * @param buffer usage STORAGE, of whole 32-bit words
   * @returns 16 hexadecimal digits; the same bits in the same places give the same on every device
   */
  async of(buffer: GPUBuffer): Promise<string> {
    const { device } = this;
    this.pipeline ??= device.createComputePipeline({
      label: 'augment: fingerprint',
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: fingerprintKernel }) },
    });
    const size = 2 * wordBytes;
    // New, so all zeros.
    const sums = device.createBuffer({
      label: 'fingerprint',
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    const readable = device.createBuffer({
      label: 'fingerprint to read',
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const parts: GPUBuffer[] = [];
    try {
      const encoder = device.createCommandEncoder({ label: 'fingerprint' });
      const pass = encoder.beginComputePass({ label: 'fingerprint' });
      pass.setPipeline(this.pipeline);
      const { maxStorageBufferBindingSize, minStorageBufferOffsetAlignment } = device.limits;
      const partBytes =
        Math.floor(maxStorageBufferBindingSize / minStorageBufferOffsetAlignment) *
        minStorageBufferOffsetAlignment;
      for (let offset = 0; offset < buffer.size; offset += partBytes) {
        const bytes = Math.min(partBytes, buffer.size - offset);
        const part = device.createBuffer({
          label: 'fingerprint: part',
          size: 2 * wordBytes,
          usage: GPUBufferUsage.UNIFORM,
          mappedAtCreation: true,
        });
        new Uint32Array(part.getMappedRange()).set([offset / wordBytes, bytes / wordBytes]);
        part.unmap();
        parts.push(part);
        const resources = [{ buffer: part }, { buffer, offset, size: bytes }, { buffer: sums }];
        pass.setBindGroup(
          0,
          device.createBindGroup({
            layout: this.pipeline.getBindGroupLayout(0),
            entries: resources.map((resource, binding) => ({ binding, resource })),
          }),
        );
        pass.dispatchWorkgroups(fingerprintWorkgroups);
      }
      pass.end();
      encoder.copyBufferToBuffer(sums, 0, readable, 0, size);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      const values = new Uint32Array(readable.getMappedRange());
      return [...values].map((value) => value.toString(16).padStart(8, '0')).join('');
    } finally {
      for (const own of [sums, readable, ...parts]) own.destroy();
    }
  }
}
