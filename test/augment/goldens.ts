/** Reads test/goldens/resize.json (made by scripts/goldens/resize.py) and turns its cases into parameters. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { validationParameters } from '../../src/augment/draw.ts';
import type { PixelImage, SampleParameters } from '../../src/augment/parameters.ts';
import { patternImage, type PatternName } from './patterns.ts';

type Box = [leftPx: number, topPx: number, widthPx: number, heightPx: number];

interface ImageCase {
  pattern: PatternName;
  width: number;
  height: number;
  seed: number;
  flip: boolean;
  /** SHA-256 of the source's RGB bytes, the output's, and the normalised float32 values. */
  source: string;
  rgb: string;
  normalised: string;
  /** Crop and resize to size × size … */
  crop?: Box;
  size?: number;
  /** … or resize the short side, then crop the centre. */
  valResizeSize?: number;
  valCropSize?: number;
}

interface ResizeGoldens {
  normalised: string;
  cases: ImageCase[];
  cropBoxes: {
    width: number;
    height: number;
    scaleMin: number;
    uniforms: number[];
    integers: number[];
    crop: Box;
  }[];
}

export const goldens = JSON.parse(
  readFileSync(new URL('../goldens/resize.json', import.meta.url), 'utf8'),
) as ResizeGoldens;

export function sha256(values: Uint8Array | Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

export function caseName(golden: ImageCase): string {
  const what =
    golden.crop === undefined
      ? `resize ${golden.valResizeSize ?? 0}, crop ${golden.valCropSize ?? 0}`
      : `box ${golden.crop.join(' ')} → ${golden.size ?? 0}${golden.flip ? ', flipped' : ''}`;
  return `${golden.pattern} ${golden.width}×${golden.height}: ${what}`;
}

export function caseImage(golden: ImageCase): PixelImage {
  return patternImage(golden.pattern, golden.width, golden.height, golden.seed);
}

export function caseParameters(golden: ImageCase): SampleParameters {
  const { crop, size, valResizeSize, valCropSize } = golden;
  if (crop !== undefined && size !== undefined) {
    const [leftPx, topPx, widthPx, heightPx] = crop;
    return {
      crop: { leftPx, topPx, widthPx, heightPx },
      resize: { widthPx: size, heightPx: size },
      window: { leftPx: 0, topPx: 0, widthPx: size, heightPx: size },
      flipHorizontally: golden.flip,
      operation: null,
      erase: null,
    };
  }
  if (valResizeSize === undefined || valCropSize === undefined) {
    throw new Error(`${caseName(golden)}: the golden has neither a crop nor validation sizes`);
  }
  return validationParameters({ valResizeSize, valCropSize }, golden.width, golden.height);
}
