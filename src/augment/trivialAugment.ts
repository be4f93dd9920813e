/**
 * The operations of TrivialAugmentWide and their magnitudes.
 *
 * Source: torchvision 0.14.1, transforms/autoaugment.py, TrivialAugmentWide._augmentation_space(31) and
 * _apply_op (test/goldens/trivialAugment.json holds what it returns).
 */

/** In torchvision's order. */
export const pixelOperationNames = [
  'Identity',
  'ShearX',
  'ShearY',
  'TranslateX',
  'TranslateY',
  'Rotate',
  'Brightness',
  'Color',
  'Contrast',
  'Sharpness',
  'Posterize',
  'Solarize',
  'AutoContrast',
  'Equalize',
] as const;

export type PixelOperationName = (typeof pixelOperationNames)[number];

/** One operation on a whole image. JSON-serialisable. */
export interface PixelOperation {
  name: PixelOperationName;
  /**
   * What torchvision's _apply_op is given, sign included. ShearX, ShearY: the shear factor. TranslateX, TranslateY:
   * pixels, whose fraction is dropped. Rotate: degrees, counter-clockwise. Brightness, Color, Contrast, Sharpness:
   * m of the factor 1 + m. Posterize: bits kept. Solarize: threshold. Identity, AutoContrast, Equalize: 0, not used.
   */
  magnitude: number;
  /** Which of the 31 bins it was drawn from; null where the operation has none, or it was given by hand. */
  bin: number | null;
}

export const magnitudeBins = 31;

interface MagnitudeRange {
  signed: boolean;
  /** Magnitude of a bin in [0, 30], without sign. */
  at: (bin: number) => number;
}

/** float32 values in their shortest digits: torch.linspace is not reproduced bit for bit by a formula. */
const shearMagnitudes = Float32Array.of(
  0,
  0.033,
  0.066,
  0.099,
  0.132,
  0.16499999,
  0.198,
  0.231,
  0.264,
  0.297,
  0.32999998,
  0.363,
  0.396,
  0.429,
  0.462,
  0.495,
  0.528,
  0.561,
  0.594,
  0.62700003,
  0.66,
  0.693,
  0.726,
  0.759,
  0.792,
  0.825,
  0.85800004,
  0.89100003,
  0.924,
  0.957,
  0.99,
);
const translateMagnitudes = Float32Array.of(
  0,
  1.0666667,
  2.1333334,
  3.2000003,
  4.266667,
  5.3333335,
  6.4000006,
  7.466667,
  8.533334,
  9.6,
  10.666667,
  11.733334,
  12.800001,
  13.866667,
  14.933334,
  16,
  17.066666,
  18.133333,
  19.199999,
  20.266666,
  21.333332,
  22.4,
  23.466667,
  24.533333,
  25.6,
  26.666666,
  27.733334,
  28.8,
  29.866667,
  30.933332,
  32,
);

const ofTable =
  (table: Float32Array): MagnitudeRange['at'] =>
  (bin) =>
    table[bin] ?? Number.NaN;

const shear = { signed: true, at: ofTable(shearMagnitudes) };
const translate = { signed: true, at: ofTable(translateMagnitudes) };
const factor = shear;

/** Null for the operations without magnitude. */
const magnitudes: Readonly<Record<PixelOperationName, MagnitudeRange | null>> = {
  Identity: null,
  ShearX: shear,
  ShearY: shear,
  TranslateX: translate,
  TranslateY: translate,
  Rotate: { signed: true, at: (bin) => 4.5 * bin },
  Brightness: factor,
  Color: factor,
  Contrast: factor,
  Sharpness: factor,
  // torch rounds halves to even, but no bin is at one.
  Posterize: { signed: false, at: (bin) => 8 - Math.round(bin / 5) },
  Solarize: { signed: false, at: (bin) => 255 - 8.5 * bin },
  AutoContrast: null,
  Equalize: null,
};

/** Whether an operation has a magnitude, and whether a sign is drawn with it. */
export function magnitudeKind(name: PixelOperationName): 'none' | 'unsigned' | 'signed' {
  const range = magnitudes[name];
  if (range === null) return 'none';
  return range.signed ? 'signed' : 'unsigned';
}

/**
 * The operation of a bin and sign; both are ignored where the operation has none.
 * @throws RangeError unless the bin is an integer in [0, 30]
 */
export function operationOfBin(name: PixelOperationName, bin: number, negative: boolean): PixelOperation {
  const range = magnitudes[name];
  if (range === null) return { name, magnitude: 0, bin: null };
  if (!Number.isInteger(bin) || bin < 0 || bin >= magnitudeBins) {
    throw new RangeError(`${name}: bin ${bin} is not an integer from 0 to ${magnitudeBins - 1}.`);
  }
  const magnitude = range.at(bin);
  return { name, magnitude: range.signed && negative ? -magnitude : magnitude, bin };
}
