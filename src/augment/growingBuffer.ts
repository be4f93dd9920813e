/** A storage buffer that grows and is reused from batch to batch. */
export class GrowingBuffer {
  private buffer: GPUBuffer | null = null;

  constructor(
    private readonly device: GPUDevice,
    private readonly label: string,
  ) {}

  /** A buffer of at least this size; what an earlier, smaller one held is lost. */
  atLeast(bytes: number): GPUBuffer {
    if (this.buffer !== null && this.buffer.size >= bytes) return this.buffer;
    this.buffer?.destroy();
    this.buffer = this.device.createBuffer({
      label: this.label,
      size: Math.ceil(bytes / 4) * 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    return this.buffer;
  }

  destroy(): void {
    this.buffer?.destroy();
    this.buffer = null;
  }
}
