/**
 * From bytes to what the network sees: (byte / 255 − mean) / standard deviation, in float32, in this order.
 *
 * Source: torchvision's ConvertImageDtype and Normalize with the constants of ImageNet. A GPU's division may
 * be off by 2.5 units in the last place, so there are tables of all 256 values instead, made here.
 */

/** Red, green, blue. */
export const imageNetMean = [0.485, 0.456, 0.406] as const;
export const imageNetStandardDeviation = [0.229, 0.224, 0.225] as const;

/** The normalised value of each byte: [3, 256], at `channel * 256 + byte`. */
export function normaliseTable(): Float32Array<ArrayBuffer> {
  const table = new Float32Array(3 * 256);
  for (const [channel, mean] of imageNetMean.entries()) {
    const deviation = Math.fround(imageNetStandardDeviation[channel] ?? Number.NaN);
    for (let byte = 0; byte < 256; byte++) {
      // Rounding each double result to float32 equals float32 arithmetic for one operation.
      const centred = Math.fround(Math.fround(byte / 255) - Math.fround(mean));
      table[channel * 256 + byte] = Math.fround(centred / deviation);
    }
  }
  return table;
}

/** Normalises interleaved RGB bytes of any shape [..., 3]; the result has the same layout. */
export function normalise(rgb: Uint8Array): Float32Array {
  const table = normaliseTable();
  const values = new Float32Array(rgb.length);
  for (const [index, byte] of rgb.entries()) values[index] = table[(index % 3) * 256 + byte] ?? Number.NaN;
  return values;
}
