/**
 * Mixup and CutMix on the CPU, on a batch after normalisation, in float32 as torch does it.
 *
 * Source: torchvision's references/classification/transforms.py: image i with image i − 1, the first with the last.
 */
import type { BatchMix } from '../parameters.ts';
import { eachBoxRow } from './sample.ts';

/**
 * @param tensors float32 [heightPx, widthPx, 3] each; left as they are
 * @returns new tensors of the same shapes
 * @throws RangeError when a tensor does not have that shape, or the box is not inside it
 */
export function mixReference(
  tensors: readonly Float32Array[],
  widthPx: number,
  heightPx: number,
  mix: BatchMix,
): Float32Array[] {
  for (const { length } of tensors) {
    if (length !== widthPx * heightPx * 3) {
      throw new RangeError(
        `A tensor of ${widthPx}×${heightPx} px has ${widthPx * heightPx * 3} values, but this one has ${length}.`,
      );
    }
  }
  if (mix.kind === 'cutmix') {
    const { leftPx, topPx, widthPx: boxWidth, heightPx: boxHeight } = mix.box;
    if (leftPx < 0 || topPx < 0 || leftPx + boxWidth > widthPx || topPx + boxHeight > heightPx) {
      throw new RangeError(
        `The CutMix box of ${boxWidth}×${boxHeight} px at (${leftPx}, ${topPx}) is not inside the image of ${widthPx}×${heightPx} px.`,
      );
    }
  }
  return tensors.map((own, index) => {
    const partner = tensors.at(index - 1) ?? own;
    return mix.kind === 'mixup' ? blended(own, partner, mix.lambda) : pasted(own, partner, widthPx, mix.box);
  });
}

/** batch.mul_(λ).add_(rolled.mul_(1 − λ)): each product is rounded to float32, and so are the factors. */
function blended(own: Float32Array, partner: Float32Array, lambda: number): Float32Array {
  const ownShare = Math.fround(lambda);
  const partnerShare = Math.fround(1 - lambda);
  return own.map(
    (value, at) => Math.fround(value * ownShare) + Math.fround((partner[at] ?? Number.NaN) * partnerShare),
  );
}

function pasted(
  own: Float32Array,
  partner: Float32Array,
  widthPx: number,
  box: Extract<BatchMix, { kind: 'cutmix' }>['box'],
): Float32Array {
  const result = own.slice();
  eachBoxRow(box, widthPx, (start, end) => {
    result.set(partner.subarray(start, end), start);
  });
  return result;
}
