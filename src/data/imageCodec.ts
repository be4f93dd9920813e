/**
 * Checks an image by decoding it, and shrinks it when it is larger than the edge the data set is stored with.
 * Smaller images keep their original bytes: EXIF rotation is applied when they are decoded again.
 */
import { readImageHeader, type ImageMimeType } from './imageHeader.ts';
import { FileProblem } from './importError.ts';
import type { CostGate } from './ordered.ts';

/** Larger pictures do not fit the memory of a phone when decoded (4 bytes a pixel, several at once). */
export const maxPixels = 100_000_000;
/** Assumed for gates where the header does not tell: a phone's photograph. */
const usualPixels = 12_000_000;

export interface EncodedImage {
  bytes: Uint8Array<ArrayBuffer>;
  mimeType: ImageMimeType;
  /** Upright. */
  widthPx: number;
  heightPx: number;
}

/** A decoded picture, upright. */
export interface OpenImage {
  widthPx: number;
  heightPx: number;
  /** Encodes it at this size, as JPEG, or as PNG where it has transparent pixels. */
  encodeAt(widthPx: number, heightPx: number): Promise<EncodedImage>;
  close(): void;
}

/** The browser's decoder, or another one in tests. */
export interface ImageCodec {
  /** Decodes the first frame; rejects when the bytes do not decode. */
  open(bytes: Uint8Array<ArrayBuffer>, mimeType: ImageMimeType): Promise<OpenImage>;
}

/**
 * The image as it will be stored: decodable, complete, no edge longer than `maxEdgePx`.
 *
 * @param gate limits how many pixels are decoded at once.
 * @throws FileProblem that says what is wrong with the file, without its name.
 */
export async function prepareImage(
  bytes: Uint8Array<ArrayBuffer>,
  maxEdgePx: number,
  codec: ImageCodec,
  gate: CostGate,
): Promise<EncodedImage> {
  const { mimeType, size } = readImageHeader(bytes);
  if (size !== null) requireSensibleSize(size.widthPx, size.heightPx);
  const pixels = size === null ? usualPixels : size.widthPx * size.heightPx;
  return await gate.run(pixels, () => checkAndShrink(bytes, mimeType, maxEdgePx, codec));
}

async function checkAndShrink(
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: ImageMimeType,
  maxEdgePx: number,
  codec: ImageCodec,
): Promise<EncodedImage> {
  const image = await openImage(bytes, mimeType, codec);
  try {
    const { widthPx, heightPx } = image;
    requireSensibleSize(widthPx, heightPx);
    const longest = Math.max(widthPx, heightPx);
    // HEIC becomes JPEG in the browsers that decode it, so that the data set does not depend on them.
    if (longest <= maxEdgePx && mimeType !== 'image/heic') return { bytes, mimeType, widthPx, heightPx };
    const scale = Math.min(1, maxEdgePx / longest);
    const scaled = (edge: number) => Math.max(1, Math.round(edge * scale));
    return await image.encodeAt(scaled(widthPx), scaled(heightPx));
  } finally {
    image.close();
  }
}

function requireSensibleSize(widthPx: number, heightPx: number): void {
  if (widthPx * heightPx > maxPixels) {
    const megapixels = Math.round((widthPx * heightPx) / 1e6);
    throw new FileProblem(
      `has ${megapixels} megapixels (${widthPx}×${heightPx}); the limit is ${maxPixels / 1e6}. Save it smaller.`,
    );
  }
  if (widthPx < 1 || heightPx < 1) throw new FileProblem('has no pixels.');
}

async function openImage(
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: ImageMimeType,
  codec: ImageCodec,
): Promise<OpenImage> {
  try {
    return await codec.open(bytes, mimeType);
  } catch {
    if (mimeType === 'image/heic') {
      throw new FileProblem('is HEIC, which this browser cannot decode: export it as JPEG.');
    }
    const kind = mimeType.slice('image/'.length).toUpperCase();
    throw new FileProblem(
      `is a ${kind} file that does not decode: it is damaged. Save it again as JPEG or PNG.`,
    );
  }
}
