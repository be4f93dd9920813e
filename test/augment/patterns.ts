/** The images that goldens are made from, by the same formulas as scripts/goldens/patterns.py. */
import type { PixelImage } from '../../src/augment/parameters.ts';

export type PatternName = 'noise' | 'gradient' | 'edges' | 'flat' | 'palette' | 'photo' | 'narrow' | 'sparse';

/** lowbias32, a 32-bit integer hash. */
export function hashUint32(value: number): number {
  let x = value >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** RGBA with an alpha that varies, which nothing may look at. */
export function patternImage(
  pattern: PatternName,
  widthPx: number,
  heightPx: number,
  seed: number,
): PixelImage {
  const rgba = new Uint8Array(widthPx * heightPx * 4);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = (y * widthPx + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        rgba[at + channel] = patternByte(pattern, { widthPx, heightPx }, x, y, channel, seed);
      }
      rgba[at + 3] = hashUint32(at) & 255;
    }
  }
  return { kind: 'pixels', widthPx, heightPx, rgba };
}

function patternByte(
  pattern: PatternName,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  x: number,
  y: number,
  channel: number,
  seed: number,
): number {
  const noise = hashUint32((y * widthPx + x) * 3 + channel + seed * 1_000_003);
  switch (pattern) {
    case 'noise':
      return noise >>> 24;
    case 'gradient':
      return (x * (3 + channel) + y * (7 - 2 * channel) + seed * 17) % 256;
    case 'edges': {
      const block = Math.floor(y / 5) * 4096 + Math.floor(x / 3);
      return (hashUint32(block + channel * 77 + seed * 1_000_003) & 1) * 255;
    }
    case 'flat':
      return (37 + 71 * channel + seed * 29) % 256;
    case 'palette': {
      const block = Math.floor(y / 3) * 4096 + Math.floor(x / 4);
      const colour = hashUint32(block + seed * 1_000_003) % 6;
      return hashUint32(colour * 3 + channel + seed * 977) >>> 24;
    }
    case 'photo': {
      const phase = (x * (5 + 2 * channel) + y * (9 - 3 * channel) + seed * 61) % 448;
      return Math.abs(phase - 224) + (noise >>> 27);
    }
    case 'narrow': {
      const low = (seed * 13 + channel * 23) % 120;
      return low + ((noise >>> 8) % (40 + ((seed * 11) % 60) + channel * 17));
    }
    case 'sparse':
      return x === widthPx - 1 && y === heightPx - 1 ? 255 : 0;
  }
}

/** The colour bytes of an RGBA image. */
export function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    rgb.set(rgba.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  }
  return rgb;
}
