/**
 * An operation as the kernels take it: which formula, which statistics, and tables of integers made here, in the
 * double and float32 arithmetic that Pillow uses, so that no GPU has to round as a CPU does.
 */
import {
  affineTable,
  rotateMatrix,
  shearMatrix,
  translateMatrix,
  type AffineMatrix,
  type AffineTable,
} from './affineTables.ts';
import { roundingBits } from './kernels/blend.ts';
import { operationCodes, statisticsCodes } from './kernels/imageRecord.ts';
import type { PixelOperation } from './trivialAugment.ts';

/** Integers of a table [3, 256] of a point operation. */
export const pointTableInts = 3 * 256;

export interface OperationPlan {
  /** One of operationCodes and of statisticsCodes. */
  operation: number;
  statistics: number;
  /** Null: pointTableInts integers that the statistics pass writes. */
  first: Int32Array | null;
  second: Int32Array | null;
}

/** Keeps tables, since the 31 bins of a recipe meet the same few again and again. */
export class OperationPlanner {
  private readonly plans = new Map<string, OperationPlan>();

  /**
   * Null where nothing changes.
   * @throws RangeError when the magnitude is no number, or out of the operation's range
   */
  plan(operation: PixelOperation | null, widthPx: number, heightPx: number): OperationPlan | null {
    if (operation === null || operation.name === 'Identity') return null;
    const { name, magnitude } = operation;
    const key = `${name} ${magnitude} ${widthPx} ${heightPx}`;
    let plan = this.plans.get(key);
    if (plan === undefined) {
      requireMagnitude(operation);
      // A bound on memory only.
      if (this.plans.size >= 1024) this.plans.clear();
      plan = planOf(operation, widthPx, heightPx);
      this.plans.set(key, plan);
    }
    return plan;
  }
}

function requireMagnitude({ name, magnitude }: PixelOperation): void {
  const isBits = name === 'Posterize';
  if (!Number.isFinite(magnitude) || (isBits && !(magnitude >= 0 && magnitude <= 8))) {
    const allowed = isBits ? 'bits to keep, from 0 to 8' : 'a finite number';
    throw new RangeError(`The magnitude of ${name} is ${magnitude}, but must be ${allowed}.`);
  }
}

function planOf({ name, magnitude }: PixelOperation, widthPx: number, heightPx: number): OperationPlan {
  const none = { statistics: statisticsCodes.none, second: null };
  const affine = (matrix: AffineMatrix): OperationPlan => {
    const table: AffineTable = affineTable(matrix, widthPx, heightPx);
    return { ...none, operation: operationCodes.affine, first: table.columns, second: table.rows };
  };
  const point = (byteOf: (value: number) => number): OperationPlan => ({
    ...none,
    operation: operationCodes.point,
    first: Int32Array.from({ length: pointTableInts }, (_, at) => byteOf(at % 256)),
  });
  const measured = (statistics: number, second: Int32Array | null = null): OperationPlan => ({
    ...{ operation: operationCodes.point, statistics, first: null, second },
  });
  switch (name) {
    case 'Identity':
      return { ...none, operation: operationCodes.none, first: null };
    case 'ShearX':
      return affine(shearMatrix('x', magnitude));
    case 'ShearY':
      return affine(shearMatrix('y', magnitude));
    case 'TranslateX':
      return affine(translateMatrix(magnitude, 0));
    case 'TranslateY':
      return affine(translateMatrix(0, magnitude));
    case 'Rotate':
      return affine(rotateMatrix(magnitude, widthPx, heightPx));
    case 'Brightness':
      return point((value) => blendedByte(0, value, Math.fround(1 + magnitude)));
    case 'Color':
      return { ...none, operation: operationCodes.colour, first: blendTable(1 + magnitude) };
    case 'Contrast':
      return measured(statisticsCodes.contrast, blendTable(1 + magnitude));
    case 'Sharpness':
      return { ...none, operation: operationCodes.sharpness, first: blendTable(1 + magnitude) };
    case 'Posterize': {
      const mask = ~(2 ** (8 - Math.trunc(magnitude)) - 1);
      return point((value) => value & mask);
    }
    case 'Solarize':
      return point((value) => (value < magnitude ? value : 255 - value));
    case 'AutoContrast':
      return measured(statisticsCodes.autoContrast);
    case 'Equalize':
      return measured(statisticsCodes.equalize);
  }
}

/** Pillow's blend of two bytes by a float32 factor: float32 arithmetic, clipped, truncated (Blend.c). */
export function blendedByte(degenerate: number, value: number, factor: number): number {
  const product = Math.fround(factor * (value - degenerate));
  return Math.trunc(Math.min(255, Math.max(0, Math.fround(degenerate + product))));
}

/**
 * The products of a blend for the differences value − degenerate from −255 to 255: ⌊product⌋ · 2⁹ + the least
 * whole part of the sum from which it rounds up to the next whole number, or 511 for never (see kernels/blend.ts).
 * @param factor rounded to float32 here, as Pillow does
 */
export function blendTable(factor: number): Int32Array {
  const rounded = Math.fround(factor);
  return Int32Array.from({ length: 511 }, (_, index) => {
    // Beyond this the sum is clipped whatever the degenerate is.
    const product = Math.min(1024, Math.max(-1024, Math.fround(rounded * (index - 255))));
    const whole = Math.floor(product);
    return (whole << roundingBits) | roundsUpFrom(product - whole);
  });
}

/** float32 keeps as many bits of fraction for all whole parts between two powers of two. */
const wholeParts = [0, 1, 2, 4, 8, 16, 32, 64, 128] as const;
const never = (1 << roundingBits) - 1;

function roundsUpFrom(fraction: number): number {
  return wholeParts.find((whole) => Math.fround(whole + fraction) >= whole + 1) ?? never;
}
