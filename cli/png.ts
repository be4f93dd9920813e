/** PNG in, as Pillow's convert('RGB') reads it, and PNG out. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { PixelImage } from '../src/augment/parameters.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** In the IHDR chunk, which is always first. */
const bitDepthAt = 24;
const colourTypeAt = 25;

/**
 * Alpha is dropped, not applied; no colour profile, gamma or EXIF rotation is applied.
 * @throws Error that names the file where it cannot be read, is not a PNG, or is broken
 */
export async function readPng(path: string): Promise<PixelImage> {
  const encoded = await readFile(path).catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${reason(error)}`);
  });
  if (!encoded.subarray(0, signature.length).equals(signature)) {
    throw new Error(`${path} is not a PNG. Convert it to PNG first, without scaling it.`);
  }
  try {
    return await decode(encoded);
  } catch (error) {
    throw new Error(`${path} cannot be decoded: ${reason(error)}`, { cause: error });
  }
}

async function decode(encoded: Buffer): Promise<PixelImage> {
  const image = sharp(encoded, { failOn: 'error', ignoreIcc: true });
  if (encoded[bitDepthAt] === 16 && encoded[colourTypeAt] === 0) {
    // Pillow has grey of 16 bits as integers, and clips those where other kinds of 16 bits keep their high bytes.
    const { data, info } = await image
      .removeAlpha()
      .toColourspace('grey16')
      .extractChannel(0)
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const rgba = new Uint8Array(info.width * info.height * 4).fill(255);
    for (let pixel = 0; pixel < info.width * info.height; pixel++) {
      rgba.fill(Math.min(255, data.readUInt16LE(pixel * 2)), pixel * 4, pixel * 4 + 3);
    }
    return { kind: 'pixels', widthPx: info.width, heightPx: info.height, rgba };
  }
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { kind: 'pixels', widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data) };
}

/** @param rgb bytes, [heightPx, widthPx, 3] */
export async function writePng(
  path: string,
  rgb: Uint8Array,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): Promise<void> {
  try {
    await sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } })
      .png()
      .toFile(path);
  } catch (error) {
    throw new Error(`${path} cannot be written: ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
