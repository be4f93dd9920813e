/**
 * Draws an operation of TrivialAugmentWide.
 *
 * Source: torchvision 0.14.1, transforms/autoaugment.py, TrivialAugmentWide.forward: the operation is uniform of
 * 14, its bin uniform of 31, and its sign even where it has one. An operation without magnitude draws neither.
 */
import type { RandomStream } from '../../recipe/random.ts';
import {
  magnitudeBins,
  magnitudeKind,
  operationOfBin,
  pixelOperationNames,
  type PixelOperation,
} from '../trivialAugment.ts';

/** @param random takes the operation's number, then the bin (of 31), then the sign (of 2, 1 is negative) */
export function drawOperation(random: Pick<RandomStream, 'integer'>): PixelOperation {
  const name = pixelOperationNames[random.integer(pixelOperationNames.length)] ?? 'Identity';
  const kind = magnitudeKind(name);
  const bin = kind === 'none' ? 0 : random.integer(magnitudeBins);
  const isNegative = kind === 'signed' && random.integer(2) === 1;
  return operationOfBin(name, bin, isNegative);
}
