/** From the words of `tabtrain augment` to the parameters of a sample: given, or drawn with a seed. */
import { validationParameters, randomResizedPixelBox, type SampleKey } from '../src/augment/draw.ts';
import { randomErasingBox } from '../src/augment/draw/erase.ts';
import type { PixelBox, SampleParameters } from '../src/augment/parameters.ts';
import {
  magnitudeBins,
  magnitudeKind,
  operationOfBin,
  pixelOperationNames,
  type PixelOperation,
  type PixelOperationName,
} from '../src/augment/trivialAugment.ts';
import { presets } from '../src/recipe/presets.ts';
import { randomStream } from '../src/recipe/random.ts';

/** The command line is wrong, not the image. */
export class UsageError extends Error {}

export interface AugmentOptions {
  op: string;
  magnitude?: string | undefined;
  params?: string | undefined;
  seed?: string | undefined;
  size?: string | undefined;
  resize?: string | undefined;
  crop?: string | undefined;
}

/** What is done to an image, and the options that ask for it again, for people and scripts. */
export interface AugmentRequest {
  parameters: SampleParameters;
  printed: Record<string, unknown>;
}

type OptionName = Exclude<keyof AugmentOptions, 'op'>;

const otherOps = ['HorizontalFlip', 'RandomResizedCrop', 'RandomErasing', 'val'] as const;

/** @throws UsageError that names the option, what is wrong with it and what is wanted */
export function requestFor(options: AugmentOptions, widthPx: number, heightPx: number): AugmentRequest {
  const { op } = options;
  const whole = wholeImage(widthPx, heightPx);
  const operationName = pixelOperationNames.find((name) => name === op);
  if (operationName !== undefined) return operationRequest(operationName, options, whole);
  switch (otherOps.find((name) => name === op)) {
    case 'HorizontalFlip':
      allowOnly(options, []);
      return { parameters: { ...whole, flipHorizontally: true }, printed: { op } };
    case 'RandomResizedCrop':
      return cropRequest(options, whole);
    case 'RandomErasing':
      return eraseRequest(options, whole);
    case 'val': {
      allowOnly(options, ['resize', 'crop']);
      const valResizeSize = count('resize', given(options, 'resize'));
      const valCropSize = count('crop', given(options, 'crop'));
      return {
        parameters: validationParameters({ valResizeSize, valCropSize }, widthPx, heightPx),
        printed: { op, resize: valResizeSize, crop: valCropSize },
      };
    }
    case undefined:
      throw new UsageError(
        `--op ${op}: there is no such step. Use one of ${[...pixelOperationNames, ...otherOps].join(', ')}.`,
      );
  }
}

function operationRequest(
  name: PixelOperationName,
  options: AugmentOptions,
  whole: SampleParameters,
): AugmentRequest {
  const operation = readOperation(name, options);
  const { magnitude, bin } = operation;
  const printed =
    magnitudeKind(name) === 'none'
      ? { op: name }
      : { op: name, magnitude, ...(bin === null ? {} : { bin, ...drawnWith(options) }) };
  return { parameters: { ...whole, operation }, printed };
}

function readOperation(name: PixelOperationName, options: AugmentOptions): PixelOperation {
  const kind = magnitudeKind(name);
  // A seed has nothing to draw then, but a script need not tell the operations apart.
  if (kind === 'none') {
    allowOnly(options, ['seed']);
    return operationOfBin(name, 0, false);
  }
  allowOnly(options, ['magnitude', 'seed']);
  const key = sampleKey(options, 'magnitude');
  if (key === null) return { name, magnitude: number('magnitude', given(options, 'magnitude')), bin: null };
  // As the trainer draws them, the operation itself excepted.
  const stream = randomStream({ ...key, purpose: 'trivialAugment' });
  const bin = stream.integer(magnitudeBins);
  return operationOfBin(name, bin, kind === 'signed' && stream.integer(2) === 1);
}

function cropRequest(options: AugmentOptions, whole: SampleParameters): AugmentRequest {
  const { widthPx, heightPx } = whole.crop;
  const key = sampleKey(options, 'params');
  allowOnly(options, key === null ? ['params'] : ['seed', 'size']);
  let crop: PixelBox;
  let sizePx: number;
  if (key === null) {
    const [i, j, h, w, size] = wholeNumbers('params', given(options, 'params'), 'i,j,h,w,size');
    crop = boxOf(i, j, h, w);
    sizePx = count('params', String(size));
  } else {
    sizePx = count('size', options.size ?? '176');
    const stream = randomStream({ ...key, purpose: 'randomResizedCrop' });
    crop = randomResizedPixelBox(widthPx, heightPx, presets.reference.recipe.trainScaleMin, stream);
  }
  const { topPx, leftPx } = crop;
  return {
    parameters: {
      ...whole,
      crop,
      resize: { widthPx: sizePx, heightPx: sizePx },
      window: { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx },
    },
    printed: {
      op: 'RandomResizedCrop',
      params: [topPx, leftPx, crop.heightPx, crop.widthPx, sizePx],
      ...drawnWith(options),
    },
  };
}

function eraseRequest(options: AugmentOptions, whole: SampleParameters): AugmentRequest {
  allowOnly(options, ['params', 'seed']);
  const key = sampleKey(options, 'params');
  let erase: PixelBox | null;
  if (key === null) {
    const [i, j, h, w] = wholeNumbers('params', given(options, 'params'), 'i,j,h,w');
    erase = boxOf(i, j, h, w);
  } else {
    const stream = randomStream({ ...key, purpose: 'randomErasing' });
    // The trainer draws first whether to erase at all; asked for by name, it is done.
    stream.uniform();
    erase = randomErasingBox(whole.window.widthPx, whole.window.heightPx, stream);
  }
  const params = erase === null ? null : [erase.topPx, erase.leftPx, erase.heightPx, erase.widthPx];
  return { parameters: { ...whole, erase }, printed: { op: 'RandomErasing', params, ...drawnWith(options) } };
}

function wholeImage(widthPx: number, heightPx: number): SampleParameters {
  return {
    crop: { leftPx: 0, topPx: 0, widthPx, heightPx },
    resize: { widthPx, heightPx },
    window: { leftPx: 0, topPx: 0, widthPx, heightPx },
    flipHorizontally: false,
    operation: null,
    erase: null,
  };
}

/** torchvision's i, j, h, w. */
function boxOf(i = 0, j = 0, h = 0, w = 0): PixelBox {
  return { topPx: i, leftPx: j, heightPx: h, widthPx: w };
}

function drawnWith({ seed }: AugmentOptions): { seed?: number } {
  return seed === undefined ? {} : { seed: Number(seed) };
}

/** Null where the parameters are given instead. */
function sampleKey(options: AugmentOptions, instead: OptionName): SampleKey | null {
  const { seed } = options;
  if (seed === undefined) return null;
  if (options[instead] !== undefined) {
    throw new UsageError(`--seed draws what --${instead} gives: use one of them.`);
  }
  const value = number('seed', seed);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new UsageError(`--seed ${seed}: must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  }
  return { seed: value, epoch: 0, rank: 0, position: 0 };
}

function allowOnly(options: AugmentOptions, allowed: readonly OptionName[]): void {
  for (const name of ['magnitude', 'params', 'seed', 'size', 'resize', 'crop'] as const) {
    if (options[name] !== undefined && !allowed.includes(name)) {
      const own = allowed.map((one) => `--${one}`).join(' or ');
      throw new UsageError(`${options.op} has no --${name}. Its parameters: ${own === '' ? 'none' : own}.`);
    }
  }
}

function given(options: AugmentOptions, name: OptionName): string {
  const value = options[name];
  if (value !== undefined) return value;
  const draws = name === 'magnitude' || name === 'params' ? ', or --seed N to draw it' : '';
  throw new UsageError(`${options.op} needs --${name}${draws}.`);
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new UsageError(`--${name} ${text}: must be a number.`);
  }
  return value;
}

function count(name: string, text: string): number {
  const value = number(name, text);
  if (!Number.isInteger(value) || value < 1 || value > 16384) {
    throw new UsageError(`--${name} ${text}: a size must be a whole number from 1 to 16384.`);
  }
  return value;
}

function wholeNumbers(name: string, text: string, form: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.length !== form.split(',').length || !values.every((value) => Number.isInteger(value))) {
    throw new UsageError(`--${name} ${text}: must be whole numbers ${form}, separated by commas.`);
  }
  return values;
}
