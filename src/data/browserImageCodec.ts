/**
 * The browser's own decoders and encoders, in a worker or a page.
 *
 * Shrinking goes through a 2D canvas, which multiplies alpha in: under fully transparent pixels of a shrunk
 * picture the hidden colour becomes black. Pictures that need no shrinking keep theirs.
 */
import type { EncodedImage, ImageCodec } from './imageCodec.ts';

const jpegQuality = 0.95;

export const browserImageCodec: ImageCodec = {
  async open(bytes, mimeType) {
    // Bytes as they are stored: alpha not multiplied in, no colour profile applied, EXIF rotation applied.
    const bitmap = await createImageBitmap(new Blob([bytes], { type: mimeType }), {
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    });
    return {
      widthPx: bitmap.width,
      heightPx: bitmap.height,
      encodeAt: (widthPx, heightPx) => encodeResized(bitmap, widthPx, heightPx),
      close: () => bitmap.close(),
    };
  },
};

async function encodeResized(bitmap: ImageBitmap, widthPx: number, heightPx: number): Promise<EncodedImage> {
  const resized = await createImageBitmap(bitmap, {
    resizeWidth: widthPx,
    resizeHeight: heightPx,
    resizeQuality: 'high',
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
  try {
    const canvas = new OffscreenCanvas(widthPx, heightPx);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('The browser gave no 2D canvas to shrink a picture with.');
    context.drawImage(resized, 0, 0);
    const mimeType = isOpaque(context.getImageData(0, 0, widthPx, heightPx).data)
      ? 'image/jpeg'
      : 'image/png';
    const blob = await canvas.convertToBlob({ type: mimeType, quality: jpegQuality });
    return { bytes: new Uint8Array(await blob.arrayBuffer()), mimeType, widthPx, heightPx };
  } finally {
    resized.close();
  }
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}
