/**
 * Memory by liveness: intermediate results that are not needed at the same time share bytes.
 *
 * Largest first, each value goes to the lowest free offset among those alive at the same time (greedy by size,
 * as in Pisarchyk, Lee 2020, "Efficient memory management for deep neural net inference").
 */
import type { PlacedValue } from './plan.ts';

/** A value and the first and last dispatch that touch it. */
export interface LiveValue {
  id: string;
  bytes: number;
  first: number;
  last: number;
}

/** WebGPU's minStorageBufferOffsetAlignment. */
const alignment = 256;

export interface MemoryPlan {
  values: Map<string, PlacedValue>;
  segments: number[];
}

/** @param segmentBytes the largest segment; a value that is larger gets a segment of its own */
export function planMemory(values: readonly LiveValue[], segmentBytes: number): MemoryPlan {
  const sized = values.map((value) => ({ ...value, bytes: Math.ceil(value.bytes / alignment) * alignment }));
  // Ties in program order: the same program always gives the same plan.
  sized.sort((a, b) => b.bytes - a.bytes || a.first - b.first || (a.id < b.id ? -1 : 1));
  const segments: { bytes: number; placed: (LiveValue & { offset: number })[] }[] = [];
  const result = new Map<string, PlacedValue>();
  for (const value of sized) {
    let segment = 0;
    let offset: number | null = null;
    for (; segment < segments.length && offset === null; segment += 1) {
      offset = firstGap(segments[segment]?.placed ?? [], value, segmentBytes);
    }
    if (offset === null) {
      segments.push({ bytes: 0, placed: [] });
      segment = segments.length;
      offset = 0;
    }
    const home = segments[segment - 1];
    if (home === undefined) throw new Error('The segment was just made.');
    home.placed.push({ ...value, offset });
    home.bytes = Math.max(home.bytes, offset + value.bytes);
    result.set(value.id, { id: value.id, bytes: value.bytes, segment: segment - 1, offset });
  }
  return { values: result, segments: segments.map(({ bytes }) => bytes) };
}

/** The lowest offset where `value` overlaps nothing that is alive with it; null where it ends beyond the segment. */
function firstGap(
  placed: readonly (LiveValue & { offset: number })[],
  value: LiveValue,
  segmentBytes: number,
): number | null {
  const alive = placed
    .filter((other) => other.first <= value.last && value.first <= other.last)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of alive) {
    if (offset + value.bytes <= other.offset) return offset;
    offset = Math.max(offset, other.offset + other.bytes);
  }
  return offset + value.bytes <= segmentBytes ? offset : null;
}
