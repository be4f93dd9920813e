/** Pictures by the browser's own decoders. */
import type { DecodedImage } from '../data/types.ts';

/** @throws Error with a message to show where these bytes are no picture */
export async function decodePicture(file: Blob): Promise<DecodedImage> {
  try {
    const bitmap = await createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
    return { kind: 'bitmap', widthPx: bitmap.width, heightPx: bitmap.height, bitmap };
  } catch {
    const kind = file.type === '' ? 'This file' : `This file (${file.type})`;
    throw new Error(`${kind} is not a picture this browser can read. Use a JPEG, PNG or WebP.`);
  }
}

/**
 * A bitmap's RGBA bytes by a canvas, for where there is no GPU; closes the bitmap. Under alpha a canvas loses
 * precision of colours, which the GPU's copy does not.
 */
export function readBitmap(bitmap: ImageBitmap): Uint8Array {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser has no canvas to read pictures with. Use another.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Uint8Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
}
