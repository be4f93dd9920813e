/** `num_batches_tracked` of the batch norms, and what averaging makes of it: integers, so kept on the CPU. */
import type { NamedTensors } from './stepRunner.ts';

const suffix = '.num_batches_tracked';

export class BatchCounts {
  private raw = new Map<string, number>();
  private ema = new Map<string, number>();

  /** Takes the counts out of a state. */
  set(weights: NamedTensors, ema: NamedTensors | null): void {
    this.raw = countsIn(weights);
    this.ema = ema === null ? new Map<string, number>() : countsIn(ema);
  }

  copy(): BatchCounts {
    const copy = new BatchCounts();
    copy.raw = new Map(this.raw);
    copy.ema = new Map(this.ema);
    return copy;
  }

  /** One batch moved the running statistics of this batch norm. */
  add(norm: string): void {
    this.raw.set(norm + suffix, (this.raw.get(norm + suffix) ?? 0) + 1);
  }

  /** As AveragedModel over an int64 buffer, in float32 and cut to an integer. @param decay 0 copies */
  average(decay: number): void {
    for (const [name, count] of this.raw) {
      const old = Math.fround(Math.fround(decay) * (this.ema.get(name) ?? 0));
      this.ema.set(name, Math.trunc(Math.fround(old + Math.fround(Math.fround(1 - decay) * count))));
    }
  }

  /** Adds the counts to tensors read back from the GPU. */
  writeTo(weights: NamedTensors, ema: NamedTensors | null): void {
    for (const [name, count] of this.raw) weights.set(name, Float32Array.of(count));
    if (ema !== null) for (const [name, count] of this.ema) ema.set(name, Float32Array.of(count));
  }
}

function countsIn(tensors: NamedTensors): Map<string, number> {
  return new Map(
    [...tensors].filter(([name]) => name.endsWith(suffix)).map(([name, values]) => [name, values[0] ?? 0]),
  );
}
