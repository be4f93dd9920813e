/**
 * One step of the augmentation on a PNG, so that anyone can hold it against torchvision: the tensor that the network
 * would see, turned back into bytes.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { imageNetMean, imageNetStandardDeviation } from '../src/augment/normalise.ts';
import { requireApplicable, type PixelImage, type SampleParameters } from '../src/augment/parameters.ts';
import { tensorReference } from '../src/augment/reference/index.ts';
import { readRequest, UsageError, type AugmentRequest } from './augmentRequest.ts';
import { decodePng } from './png.ts';

export const augmentUsage = `  npm run tabtrain -- augment --image IN.png --op NAME [parameters | --seed N] --out OUT.png

  One step of torchvision's augmentation as Tabtrain computes it, PNG in and PNG out. NAME and its parameters:
    Identity, AutoContrast, Equalize, HorizontalFlip    none
    ShearX, ShearY, TranslateX, TranslateY, Rotate, Brightness, Color, Contrast, Sharpness, Posterize, Solarize
                                     --magnitude M      as torchvision's _apply_op is given it, sign included
    RandomResizedCrop                --params i,j,h,w,size   top, left, height, width; with --seed: --size (176)
    RandomErasing                    --params i,j,h,w   what is erased is the mean colour: bytes 124, 116, 104
    val                              --resize 232 --crop 224
  --seed N draws the parameters instead (of an operation one of TrivialAugmentWide's 31 bins, and a sign).
  The parameters are printed as JSON, as they can be given again.
`;

/**
 * @param args what follows `augment` on the command line
 * @returns the process's exit code: 2 where the command line is wrong
 */
export async function augment(args: readonly string[]): Promise<number> {
  try {
    const { request, imagePath, outPath } = readCommandLine(args);
    const image = decodeInto(imagePath, await readInput(imagePath));
    const { parameters, printed } = request.forImage(await image);
    const source = await image;
    requireApplicable(source, parameters);
    const tensor = apply(source, parameters);
    await writePng(outPath, denormalised(tensor), parameters.window);
    process.stdout.write(`${JSON.stringify(printed)}\n`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof RangeError;
    process.stderr.write(`tabtrain augment: ${error instanceof Error ? error.message : String(error)}\n`);
    return isUsage ? 2 : 1;
  }
}
