/**
 * An operation as the kernels take it: which formula, which statistics, and tables of integers made here, in the
 * double and float32 arithmetic that Pillow uses, so that no GPU has to round as a CPU does.
 */
import { affineTable } from './affineTables.ts';
import { roundingBits } from './kernels/blend.ts';
import { operationCodes, statisticsCodes } from './kernels/imageRecord.ts';
import { inverseMatrix, type AffineName } from './reference/affine.ts';
import { posterizeTable, solarizeTable } from './reference/byteTables.ts';
import { blend } from './reference/enhance.ts';
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
  private readonly plans = new Map<string, OperationPlan | null>();

  /** Null where nothing changes. @param operation one that requireOperation accepts */
  plan(operation: PixelOperation | null, widthPx: number, heightPx: number): OperationPlan | null {
    if (operation === null) return null;
    const key = `${operation.name} ${operation.magnitude} ${widthPx} ${heightPx}`;
    const known = this.plans.get(key);
    if (known !== undefined) return known;
    // A bound on memory only.
    if (this.plans.size >= 1024) this.plans.clear();
    const plan = planOf(operation, widthPx, heightPx);
    this.plans.set(key, plan);
    return plan;
  }
}

function planOf(
  { name, magnitude }: PixelOperation,
  widthPx: number,
  heightPx: number,
): OperationPlan | null {
  const { none, contrast, autoContrast, equalize } = statisticsCodes;
  const affine = (affineName: AffineName): OperationPlan => {
    const size = { widthPx, heightPx };
    const { columns, rows } = affineTable(inverseMatrix(affineName, magnitude, size), size);
    return { operation: operationCodes.affine, statistics: none, first: columns, second: rows };
  };
  const point = (bytes: Uint8Array): OperationPlan => ({
    ...{ operation: operationCodes.point, statistics: none, second: null },
    first: Int32Array.of(...bytes, ...bytes, ...bytes),
  });
  const measured = (statistics: number, second: Int32Array | null): OperationPlan => ({
    ...{ operation: operationCodes.point, statistics, first: null, second },
  });
  const blended = (operation: number): OperationPlan => ({
    ...{ operation, statistics: none, first: blendTable(1 + magnitude), second: null },
  });
  switch (name) {
    case 'Identity':
      return null;
    case 'ShearX':
    case 'ShearY':
    case 'TranslateX':
    case 'TranslateY':
    case 'Rotate':
      return affine(name);
    case 'Brightness':
      return point(blend(new Uint8Array(256), allBytes, 1 + magnitude));
    case 'Color':
      return blended(operationCodes.colour);
    case 'Contrast':
      return measured(contrast, blendTable(1 + magnitude));
    case 'Sharpness':
      return blended(operationCodes.sharpness);
    case 'Posterize':
      return point(posterizeTable(magnitude));
    case 'Solarize':
      return point(solarizeTable(magnitude));
    case 'AutoContrast':
      return measured(autoContrast, null);
    case 'Equalize':
      return measured(equalize, null);
  }
}

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

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
