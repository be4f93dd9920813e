/**
 * Reads small results back without making GPU objects per step: staging buffers are mapped, read, unmapped and
 * used again. As many exist as reads were ever under way at once.
 */
export class Readback {
  private readonly free = new Map<number, GPUBuffer[]>();
  private readonly all = new Set<GPUBuffer>();

  constructor(private readonly device: GPUDevice) {}

  /** Adds the copy to an encoder; call `read` once it is submitted. */
  copy(encoder: GPUCommandEncoder, source: GPUBuffer, offset: number, bytes: number): PendingRead {
    const staging = this.free.get(bytes)?.pop() ?? this.create(bytes);
    encoder.copyBufferToBuffer(source, offset, staging, 0, bytes);
    return { read: () => this.read(staging) };
  }

  destroy(): void {
    for (const buffer of this.all) buffer.destroy();
    this.all.clear();
    this.free.clear();
  }

  private create(bytes: number): GPUBuffer {
    const buffer = this.device.createBuffer({
      label: 'read back',
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    this.all.add(buffer);
    return buffer;
  }

  private async read(staging: GPUBuffer): Promise<Float32Array> {
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange()).slice();
    staging.unmap();
    const { size } = staging;
    this.free.set(size, [...(this.free.get(size) ?? []), staging]);
    return values;
  }
}

export interface PendingRead {
  /** Resolves when the GPU is done; call it once. */
  read(): Promise<Float32Array>;
}
