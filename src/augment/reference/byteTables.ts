/**
 * The operations that map each byte by a table of 256: Posterize, Solarize, AutoContrast, Equalize.
 *
 * Source: Pillow 9.4, ImageOps.py. The last two make a table for each channel, from its histogram.
 */

type ByteTable = Uint8Array;
/** How often each byte occurs in one channel: [256]. */
type Histogram = Uint32Array;

/** Maps each channel by a table made from its histogram; `rgb` is [..., 3]. */
export function mapBytes(rgb: Uint8Array, tableOf: (histogram: Histogram) => ByteTable): Uint8Array {
  const mapped = new Uint8Array(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    const table = tableOf(histogramOf(rgb, channel));
    for (let at = channel; at < rgb.length; at += 3) mapped[at] = table[rgb[at] ?? 0] ?? 0;
  }
  return mapped;
}

function histogramOf(rgb: Uint8Array, channel: number): Histogram {
  const histogram = new Uint32Array(256);
  for (let at = channel; at < rgb.length; at += 3) {
    const byte = rgb[at] ?? 0;
    histogram[byte] = (histogram[byte] ?? 0) + 1;
  }
  return histogram;
}

/** Keeps the highest bits. @param bits integer in [0, 8] */
export function posterizeTable(bits: number): ByteTable {
  const mask = ~(2 ** (8 - bits) - 1);
  return Uint8Array.from({ length: 256 }, (_, byte) => byte & mask);
}

/** Inverts every byte from the threshold on; it need not be a whole number or a byte. */
export function solarizeTable(threshold: number): ByteTable {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte < threshold ? byte : 255 - byte));
}

/** Stretches what occurs to 0 … 255, in Pillow's doubles: exact fractions give other bytes. */
export function autoContrastTable(histogram: Histogram): ByteTable {
  const low = histogram.findIndex((count) => count > 0);
  const high = histogram.findLastIndex((count) => count > 0);
  if (high <= low) return identityTable();
  const scale = 255 / (high - low);
  const offset = -low * scale;
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    Math.min(255, Math.max(0, Math.trunc(byte * scale + offset))),
  );
}

/** Gives each level the share of the pixels below it, in integers. */
export function equalizeTable(histogram: Histogram): ByteTable {
  const occurring = histogram.filter((count) => count > 0);
  const pixels = occurring.reduce((sum, count) => sum + count, 0);
  const step = Math.floor((pixels - (occurring.at(-1) ?? 0)) / 255);
  // One level alone has a step of 0 as well.
  if (step === 0) return identityTable();
  let below = Math.floor(step / 2);
  return Uint8Array.from(histogram, (count) => {
    const level = Math.min(255, Math.floor(below / step));
    below += count;
    return level;
  });
}

function identityTable(): ByteTable {
  return Uint8Array.from({ length: 256 }, (_, byte) => byte);
}
