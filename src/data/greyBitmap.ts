/** Raw grey bytes (IDX) as what the rest of the program takes: RGBA pixels, or an image file to show. */

/** [height, width] grey → [height, width, 4] RGBA, opaque. */
export function greyToRgba(grey: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(grey.length * 4);
  grey.forEach((value, at) => rgba.fill(value, at * 4, at * 4 + 3).fill(255, at * 4 + 3, at * 4 + 4));
  return rgba;
}

/**
 * An 8-bit BMP (Microsoft's BITMAPINFOHEADER, palette of greys): lossless, and made without a canvas.
 *
 * @param grey [heightPx, widthPx] bytes.
 */
export function greyToBmp(grey: Uint8Array, widthPx: number, heightPx: number): Blob {
  const paletteAt = 54;
  const pixelsAt = paletteAt + 256 * 4;
  const rowBytes = Math.ceil(widthPx / 4) * 4;
  const bytes = new Uint8Array(pixelsAt + rowBytes * heightPx);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, pixelsAt, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, widthPx, true);
  // A negative height: rows from the top.
  view.setInt32(22, -heightPx, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 8, true);
  for (let value = 0; value < 256; value++)
    bytes.fill(value, paletteAt + value * 4, paletteAt + value * 4 + 3);
  for (let row = 0; row < heightPx; row++) {
    bytes.set(grey.subarray(row * widthPx, (row + 1) * widthPx), pixelsAt + row * rowBytes);
  }
  return new Blob([bytes], { type: 'image/bmp' });
}
