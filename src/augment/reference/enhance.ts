/**
 * Brightness, Color, Contrast and Sharpness: the image blended with a degenerate one of itself, in float32.
 *
 * Source: Pillow 9.4, ImageEnhance.py, Blend.c, Convert.c (grey), Filter.c (SMOOTH). Each float32 operation is
 * the double one rounded, which for one operation is the same.
 */

/**
 * degenerate + factor · (image − degenerate). Factors in [0, 1] truncate; others are clamped first.
 * @param factor rounded to float32; 1 gives the image
 */
export function blend(degenerate: Uint8Array, image: Uint8Array, factor: number): Uint8Array {
  const alpha = Math.fround(factor);
  const blended = new Uint8Array(image.length);
  for (let at = 0; at < image.length; at++) {
    const from = degenerate[at] ?? 0;
    const value = Math.fround(from + Math.fround(alpha * ((image[at] ?? 0) - from)));
    // Between 0 and 1 the value is a byte already, so that clamping changes nothing there.
    blended[at] = Math.trunc(Math.min(255, Math.max(0, value)));
  }
  return blended;
}

/** Brightness. */
export function blackImage(rgb: Uint8Array): Uint8Array {
  return new Uint8Array(rgb.length);
}

/** Color: each pixel's luma (ITU-R 601 in 16-bit fixed point) in all channels. */
export function greyImage(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) grey.fill(lumaAt(rgb, at), at, at + 3);
  return grey;
}

/** Contrast: one grey everywhere, the mean luma rounded half up. */
export function meanGreyImage(rgb: Uint8Array): Uint8Array {
  let sum = 0;
  for (let at = 0; at < rgb.length; at += 3) sum += lumaAt(rgb, at);
  return new Uint8Array(rgb.length).fill(Math.trunc(sum / (rgb.length / 3) + 0.5));
}

/**
 * Sharpness: weights 1, but 5 in the middle, over 13; the outermost pixels stay. In integers: half an
 * output step is never reached, because 2 · sum + 13 is odd, so Pillow's float32 cannot round otherwise.
 */
export function smoothedImage(
  rgb: Uint8Array,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): Uint8Array {
  const smoothed = rgb.slice();
  const rowBytes = widthPx * 3;
  for (let y = 1; y < heightPx - 1; y++) {
    for (let at = y * rowBytes + 3; at < (y + 1) * rowBytes - 3; at++) {
      let sum = 4 * (rgb[at] ?? 0);
      for (const row of [at - rowBytes, at, at + rowBytes]) {
        sum += (rgb[row - 3] ?? 0) + (rgb[row] ?? 0) + (rgb[row + 3] ?? 0);
      }
      smoothed[at] = Math.floor((2 * sum + 13) / 26);
    }
  }
  return smoothed;
}

function lumaAt(rgb: Uint8Array, at: number): number {
  const [red = 0, green = 0, blue = 0] = rgb.subarray(at, at + 3);
  return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
}
