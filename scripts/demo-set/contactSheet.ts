/** One picture with all images of a class, one band per style: mislabelled or broken drawings stand out. */
import sharp from 'sharp';
import { imageEdgePx } from './render.ts';

const columns = 16;

/** Writes a PNG; `bands` holds encoded images, and each band starts on a new line under a grey rule. */
export async function writeContactSheet(file: string, bands: Buffer[][]): Promise<void> {
  const tiles: { input: Buffer; left: number; top: number }[] = [];
  let top = 0;
  for (const band of bands) {
    band.forEach((input, index) => {
      tiles.push({
        input,
        left: (index % columns) * imageEdgePx,
        top: top + Math.floor(index / columns) * imageEdgePx,
      });
    });
    top += Math.ceil(band.length / columns) * imageEdgePx + 4;
  }
  await sharp({ create: { width: columns * imageEdgePx, height: top, channels: 3, background: '#888888' } })
    .composite(tiles)
    .png()
    .toFile(file);
}
