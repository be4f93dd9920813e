import { describe, expect, it } from 'vitest';
import { prepareImage, type ImageCodec } from '../../src/data/imageCodec.ts';
import { CostGate } from '../../src/data/ordered.ts';

const heic = Uint8Array.from([0, 0, 0, 16, ...new TextEncoder().encode('ftypheic'), 0, 0, 0, 0]);

/** A browser that decodes HEIC, as Apple's do. */
function codecOf(widthPx: number, heightPx: number) {
  const state = { isClosed: false };
  const codec: ImageCodec = {
    open: () =>
      Promise.resolve({
        widthPx,
        heightPx,
        encodeAt: (width, height) =>
          Promise.resolve({
            bytes: Uint8Array.of(1),
            mimeType: 'image/jpeg',
            widthPx: width,
            heightPx: height,
          }),
        close: () => {
          state.isClosed = true;
        },
      }),
  };
  return { codec, state };
}

describe('prepareImage', () => {
  it('stores HEIC as JPEG where the browser decodes it, at its size when that is small enough', async () => {
    const { codec, state } = codecOf(300, 200);
    expect(await prepareImage(heic, 512, codec, new CostGate(1e9))).toEqual({
      bytes: Uint8Array.of(1),
      mimeType: 'image/jpeg',
      widthPx: 300,
      heightPx: 200,
    });
    expect(state.isClosed).toBe(true);
    const shrunk = await prepareImage(heic, 150, codecOf(300, 200).codec, new CostGate(1e9));
    expect([shrunk.widthPx, shrunk.heightPx]).toEqual([150, 100]);
  });

  it('keeps at least one pixel of a very thin picture', async () => {
    const thin = await prepareImage(heic, 100, codecOf(10_000, 3).codec, new CostGate(1e9));
    expect([thin.widthPx, thin.heightPx]).toEqual([100, 1]);
  });

  it('refuses by its decoded size what has no size in its header, and closes it', async () => {
    const { codec, state } = codecOf(20_000, 10_000);
    await expect(prepareImage(heic, 512, codec, new CostGate(1e9))).rejects.toThrow('has 200 megapixels');
    expect(state.isClosed).toBe(true);
  });
});
