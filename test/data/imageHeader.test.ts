import { readFileSync, readdirSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/data/crc32.ts';
import { readImageHeader } from '../../src/data/imageHeader.ts';

const folder = new URL('../fixtures/photos/', import.meta.url);
const photos = readdirSync(folder).filter((name) => !name.endsWith('.json'));

function photo(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A first box as in HEIC, AVIF and video files. */
function boxed(brand: string): Uint8Array {
  return Uint8Array.from([0, 0, 0, 16, ...bytesOf(`ftyp${brand}`), 0, 0, 0, 0]);
}

describe('readImageHeader', () => {
  it.each(photos)('reads the size of %s as sharp does', async (name) => {
    const { mimeType, size } = readImageHeader(photo(name));
    expect(mimeType).toBe(`image/${(name.split('.').at(-1) ?? '').replace('jpg', 'jpeg')}`);
    // sharp has no BMP decoder; the fixture is 19 by 13.
    const { width, height } = name.endsWith('.bmp')
      ? { width: 19, height: 13 }
      : await sharp(photo(name)).metadata();
    expect(size).toEqual({ widthPx: width, heightPx: height });
  });

  it.each(photos)('finds %s truncated wherever it is cut', (name) => {
    const bytes = photo(name);
    for (const share of [0.3, 0.6, 0.9, 0.99]) {
      const cut = bytes.slice(0, Math.min(bytes.length - 3, Math.max(20, Math.floor(bytes.length * share))));
      expect(() => readImageHeader(cut), `${share}`).toThrow('is truncated');
    }
  });

  it('finds a truncated JPEG whose embedded preview is complete', async () => {
    const preview = await sharp(photo('full-chroma.jpg')).resize(16).jpeg().toBuffer();
    const whole = photo('full-chroma.jpg');
    // An application segment with the preview (and its EOI marker) after SOI, as cameras write it.
    const segment = [0xff, 0xe1, (preview.length + 2) >> 8, (preview.length + 2) & 0xff, ...preview];
    const withPreview = Uint8Array.from([...whole.subarray(0, 2), ...segment, ...whole.subarray(2)]);
    expect(readImageHeader(withPreview).size).toEqual({ widthPx: 40, heightPx: 24 });
    expect(() => readImageHeader(withPreview.subarray(0, withPreview.length - 40))).toThrow('is truncated');
  });

  it('accepts bytes after the end, as phones append videos', () => {
    const padded = Uint8Array.from([...photo('full-chroma.jpg'), ...new Uint8Array(1000)]);
    expect(readImageHeader(padded).mimeType).toBe('image/jpeg');
  });

  it('walks AVIF boxes', async () => {
    const avif = new Uint8Array(await sharp(photo('opaque.png')).avif().toBuffer());
    expect(readImageHeader(avif)).toEqual({ mimeType: 'image/avif', size: null });
    expect(() => readImageHeader(avif.subarray(0, avif.length - 5))).toThrow('is truncated');
  });

  it('recognises HEIC by any of its brands, and where it is cut', () => {
    for (const brand of ['heic', 'mif1', 'heix']) {
      expect(readImageHeader(boxed(brand))).toEqual({ mimeType: 'image/heic', size: null });
    }
    expect(() => readImageHeader(boxed('heic').subarray(0, 14))).toThrow('is truncated');
  });

  it.each([
    ['CR3', boxed('crx '), 'camera raw file (CR3). Export it as JPEG or PNG.'],
    ['video', boxed('isom'), 'is a video'],
    ['TIFF', Uint8Array.of(0x49, 0x49, 0x2a, 0, 8, 0, 0, 0), 'is TIFF or a camera raw file'],
    ['big-endian TIFF', Uint8Array.of(0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8), 'is TIFF or a camera raw file'],
    ['RAF', bytesOf('FUJIFILMCCD-RAW'), 'camera raw file (RAF)'],
    ['text', bytesOf('A note about cats.'), 'is a text file, not an image.'],
    ['SVG', bytesOf('<?xml version="1.0"?><svg xmlns="…"/>'), 'is a drawing (SVG)'],
    ['PDF', bytesOf('%PDF-1.7'), 'is a PDF'],
    ['zip', Uint8Array.of(0x50, 0x4b, 3, 4, 0), 'is a zip archive'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), 'is a gzip archive'],
    ['zeros', new Uint8Array(5000), 'has only zeros in it'],
    ['noise', Uint8Array.of(7, 0, 200, 1, 9, 0, 3), 'is not an image format that browsers decode'],
    ['nothing', new Uint8Array(0), 'is empty (0 bytes)'],
  ])('says what a %s file is', (_kind, bytes, message) => {
    expect(() => readImageHeader(bytes)).toThrow(message);
  });
});

describe('crc32', () => {
  it("gives the standard's check value", () => {
    expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});
