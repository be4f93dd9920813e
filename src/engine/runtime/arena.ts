/**
 * The memory of intermediate results, shared by all plans of a runner: they run one after the other, so each
 * may use all of it. It grows to what the largest plan needs.
 */
import { allocateStorage } from './allocate.ts';

export class Arena {
  private segments: GPUBuffer[] = [];
  /** Rises whenever a buffer is replaced: what is bound to the old ones must be bound anew. */
  version = 0;

  constructor(private readonly device: GPUDevice) {}

  /**
   * Makes segments at least as large as these. Work submitted before still finishes on the old ones.
   * @throws OutOfMemoryError; the arena is empty then
   */
  async reserve(bytes: readonly number[]): Promise<void> {
    const small = bytes.flatMap((needed, i) => ((this.segments[i]?.size ?? 0) < needed ? [i] : []));
    if (small.length === 0) return;
    // The old ones go first: room for both may not be there.
    for (const i of small) this.segments[i]?.destroy();
    this.version += 1;
    try {
      const requests = small.map((i) => ({ label: `arena segment ${String(i)}`, bytes: bytes[i] ?? 0 }));
      const made = await allocateStorage(this.device, 'activations and workspace', requests);
      made.forEach((buffer, k) => (this.segments[small[k] ?? 0] = buffer));
    } catch (error) {
      this.destroy();
      throw error;
    }
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
