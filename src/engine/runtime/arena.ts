/**
 * The memory of intermediate results, shared by all plans of a runner: they run one after the other, so each
 * may use all of it. It grows to what the largest plan needs.
 */
export class Arena {
  private segments: GPUBuffer[] = [];
  /** Rises whenever a buffer is replaced: what is bound to the old ones must be bound anew. */
  version = 0;

  constructor(private readonly device: GPUDevice) {}

  /** Makes segments at least as large as these. Work submitted before still finishes on the old ones. */
  reserve(bytes: readonly number[]): void {
    bytes.forEach((needed, i) => {
      const present = this.segments[i];
      if (present !== undefined && present.size >= needed) return;
      present?.destroy();
      this.segments[i] = this.device.createBuffer({
        label: `arena segment ${String(i)}`,
        size: needed,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      this.version += 1;
    });
  }

  segment(index: number): GPUBuffer {
    const buffer = this.segments[index];
    if (buffer === undefined) throw new Error(`The arena has no segment ${String(index)}.`);
    return buffer;
  }

  get bytes(): number {
    return this.segments.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  destroy(): void {
    for (const buffer of this.segments) buffer.destroy();
    this.segments = [];
  }
}
