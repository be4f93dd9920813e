/**
 * Splits what is too large for one dispatch: values over the largest binding, and kernels that would keep a weak GPU
 * busy so long that its driver gives up. Such a kernel runs on one range of images after the other, and binds that
 * range of each value alone.
 */
import type { KernelCall } from '../kernels/kernel.ts';
import type { BufferReference } from './plan.ts';
import { UnsupportedGraphError } from './units.ts';

/** WebGPU's minStorageBufferOffsetAlignment. */
const alignment = 256;

export interface SplitLimits {
  /** Largest range that a dispatch may bind. */
  bindingBytes: number;
  /** Most operations of one dispatch. */
  dispatchFlops: number;
}

/**
 * What a split kernel binds: a value whole; of a value with the batch as its first dimension the images of the range;
 * or, of a value that every range leaves something in, a part of its own.
 */
export type Operand =
  | { whole: BufferReference }
  | { batched: BufferReference; bytesPerImage: number }
  | { parts: BufferReference; bytes: (images: number) => number };

/**
 * Images of each range; all but the last are as large as the limits allow. One range where nothing is too large.
 * @throws UnsupportedGraphError when not even the smallest range that can be bound is within the limits
 */
export function imageRanges(
  layer: string,
  batch: number,
  bytesPerImage: readonly number[],
  flops: number,
  { bindingBytes, dispatchFlops }: SplitLimits,
): number[] {
  const largest = Math.max(...bytesPerImage);
  // A kernel that is too long is split where it can be; a binding must be.
  const mostByTime = Math.max(1, Math.floor((batch * dispatchFlops) / Math.max(flops, 1)));
  const mostByBytes = Math.floor(bindingBytes / largest);
  if (batch <= Math.min(mostByTime, mostByBytes)) return [batch];
  // Ranges begin at a multiple of this many images.
  const unit = Math.max(...bytesPerImage.map((bytes) => alignment / greatestCommonDivisor(alignment, bytes)));
  const bound = Math.floor(mostByBytes / unit) * unit;
  if (bound === 0 && batch > mostByBytes) {
    throw new UnsupportedGraphError(
      `"${layer}": ${String(Math.min(unit, batch))} images take ${String(largest * Math.min(unit, batch))} bytes, and a GPU kernel may use ${String(bindingBytes)} at a time. Use smaller images.`,
    );
  }
  const images = Math.min(Math.max(unit, Math.floor(mostByTime / unit) * unit), Math.max(bound, unit));
  const ranges: number[] = [];
  for (let first = 0; first < batch; first += images) ranges.push(Math.min(images, batch - first));
  return ranges;
}

/** The dispatches of a kernel, one for each range. */
export function splitDispatches(
  ranges: readonly number[],
  call: (images: number) => KernelCall,
  operands: readonly Operand[],
): { call: KernelCall; buffers: BufferReference[] }[] {
  let first = 0;
  const partsOffset = new Map<Operand, number>();
  return ranges.map((images) => {
    const buffers = operands.map((operand): BufferReference => {
      if ('whole' in operand) return operand.whole;
      if (ranges.length === 1) return 'batched' in operand ? operand.batched : operand.parts;
      if ('batched' in operand) {
        const { batched, bytesPerImage } = operand;
        return partOf(batched, first * bytesPerImage, images * bytesPerImage);
      }
      const offset = partsOffset.get(operand) ?? 0;
      const bytes = operand.bytes(images);
      partsOffset.set(operand, offset + bytes);
      return partOf(operand.parts, offset, bytes);
    });
    first += images;
    return { call: call(images), buffers };
  });
}

function partOf(reference: BufferReference, offset: number, bytes: number): BufferReference {
  if (reference.kind !== 'value') throw new Error('Only intermediate results are split.');
  if (offset % alignment !== 0)
    throw new UnsupportedGraphError(
      `"${reference.id}" has too few channels to be split: a part would begin at byte ${String(offset)}.`,
    );
  return { ...reference, part: { offset, bytes } };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
