/**
 * One step of the augmentation on a PNG, so that anyone can hold it against torchvision: the tensor that the network
 * would see, turned back into bytes.
 */
import { parseArgs } from 'node:util';
import { BatchAugmenter } from '../src/augment/batchAugmenter.ts';
import { imageNetMean, imageNetStandardDeviation } from '../src/augment/normalise.ts';
import { requireApplicable, type PixelImage, type SampleParameters } from '../src/augment/parameters.ts';
import { tensorReference } from '../src/augment/reference/index.ts';
import { NoDeviceError, requestEngineDevice } from '../src/engine/device.ts';
import { readBuffer } from '../src/engine/runtime/readBuffer.ts';
import { requestFor, UsageError, type AugmentOptions } from './augmentRequest.ts';
import { dawn } from './dawn.ts';
import { readPng, writePng } from './png.ts';

export const augmentUsage = `
  npm run tabtrain -- augment --image IN.png --op NAME [parameters | --seed N] --out OUT.png [--device gpu|cpu]

  One step of torchvision's augmentation, PNG in and PNG out, by the kernels that training uses; with --device cpu,
  or where there is no adapter, by the CPU reference. NAME and its parameters:

  ShearX, ShearY, TranslateX, TranslateY, Rotate, Brightness, Color, Contrast, Sharpness, Posterize, Solarize
                     --magnitude M           what torchvision's _apply_op is given, sign included
  AutoContrast, Equalize, Identity, HorizontalFlip       no parameters
  RandomResizedCrop  --params i,j,h,w,size   top, left, height, width, size of the output
  RandomErasing      --params i,j,h,w        what is erased is the mean colour: bytes 124, 116, 104
  val                --resize 232 --crop 224

  --seed N draws the parameters instead: one of TrivialAugmentWide's 31 bins and its sign, or a box (of the crop
  with --size PX, 176 where not given). The parameters are printed as JSON.
`;

/** Bytes of float32 normalised values. */
function denormalised(tensor: Float32Array): Uint8Array {
  return Uint8Array.from(tensor, (value, at) => {
    const mean = imageNetMean[at % 3] ?? Number.NaN;
    const deviation = imageNetStandardDeviation[at % 3] ?? Number.NaN;
    return Math.round((value * deviation + mean) * 255);
  });
}

/**
 * @param args what follows `augment` on the command line
 * @returns the process's exit code: 2 where the command line is wrong
 */
export async function augment(args: readonly string[]): Promise<number> {
  try {
    const { image: imagePath, out, device, options } = readCommandLine(args);
    const image = await readPng(imagePath);
    const { parameters, printed } = requestFor(options, image.widthPx, image.heightPx);
    requireFitting(image, parameters);
    const tensor = await apply(image, parameters, device);
    await writePng(out, denormalised(tensor), parameters.window);
    process.stdout.write(`${JSON.stringify(printed)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`tabtrain augment: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write('Run `npm run tabtrain -- --help` for all options.\n');
    return 2;
  }
}

interface CommandLine {
  image: string;
  out: string;
  device: 'gpu' | 'cpu';
  options: AugmentOptions;
}

function readCommandLine(args: readonly string[]): CommandLine {
  const text = { type: 'string' } as const;
  let parsed;
  try {
    parsed = parseArgs({
      args: joinNegativeNumbers(args),
      allowPositionals: true,
      options: {
        ...{ image: text, out: text, op: text, magnitude: text, params: text, seed: text },
        ...{ size: text, resize: text, crop: text, device: { type: 'string', default: 'gpu' } },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  const { image, out, device, op = positionals[0], ...rest } = values;
  const spare = values.op === undefined ? positionals[1] : positionals[0];
  if (spare !== undefined) throw new UsageError(`"${spare}" is one word too many.`);
  if (image === undefined) throw new UsageError('--image IN.png is missing.');
  if (out === undefined) throw new UsageError('--out OUT.png is missing.');
  if (op === undefined) throw new UsageError('--op NAME is missing, for example --op Rotate --magnitude 45.');
  if (device !== 'gpu' && device !== 'cpu') throw new UsageError(`--device ${device}: use gpu or cpu.`);
  return { image, out, device, options: { op, ...rest } };
}

/** `--magnitude -45` is meant as it is written; parseArgs takes -45 for options. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of args) {
    const option = joined.at(-1);
    if (option !== undefined && /^--\w+$/.test(option) && /^-[\d.]/.test(word)) {
      joined[joined.length - 1] = `${option}=${word}`;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

/** Parameters that do not fit the image come from the command line here. */
function requireFitting(image: PixelImage, parameters: SampleParameters): void {
  try {
    requireApplicable(image, parameters);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** The normalised, erased tensor, float32 [height, width, 3]. */
async function apply(
  image: PixelImage,
  parameters: SampleParameters,
  device: 'gpu' | 'cpu',
): Promise<Float32Array> {
  if (device === 'cpu') return tensorReference(image, parameters);
  try {
    const engine = await requestEngineDevice(dawn());
    return await applyOnGpu(engine.device, image, parameters);
  } catch (error) {
    if (!(error instanceof NoDeviceError)) throw error;
    process.stderr.write('tabtrain augment: no WebGPU adapter here, so the CPU reference computes it.\n');
    return tensorReference(image, parameters);
  }
}

async function applyOnGpu(
  device: GPUDevice,
  image: PixelImage,
  parameters: SampleParameters,
): Promise<Float32Array> {
  const augmenter = new BatchAugmenter(device);
  const { widthPx, heightPx } = parameters.window;
  const buffer = augmenter.augment([image], [parameters], { widthPx, heightPx });
  const tensor = await readBuffer(device, buffer, 0, buffer.size);
  for (const used of [buffer, augmenter]) used.destroy();
  return tensor;
}
