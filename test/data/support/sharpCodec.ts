/** The importer's codec on sharp, so that whole imports run in Node. */
import sharp from 'sharp';
import type { ImageCodec } from '../../../src/data/imageCodec.ts';

export const sharpCodec: ImageCodec = {
  async open(bytes) {
    const { info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
    return {
      widthPx: info.width,
      heightPx: info.height,
      async encodeAt(widthPx, heightPx) {
        const jpeg = await sharp(bytes)
          .autoOrient()
          .resize(widthPx, heightPx, { fit: 'fill' })
          .jpeg()
          .toBuffer();
        return { bytes: new Uint8Array(jpeg), mimeType: 'image/jpeg', widthPx, heightPx };
      },
      close: () => undefined,
    };
  },
};
