/** IDX bytes of made-up images. */

/** [count, height, width] of unsigned bytes; pixel value = image number. */
export function idxImages(count: number, widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + count * widthPx * heightPx);
  const view = new DataView(bytes.buffer);
  [0x803, count, heightPx, widthPx].forEach((word, at) => view.setUint32(at * 4, word));
  for (let i = 0; i < count; i++) {
    bytes.fill(i, 16 + i * widthPx * heightPx, 16 + (i + 1) * widthPx * heightPx);
  }
  return bytes;
}

export function idxLabels(labels: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + labels.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x801);
  view.setUint32(4, labels.length);
  bytes.set(labels, 8);
  return bytes;
}
