/**
 * Tells what kind of image some bytes are, how large it is and whether its end is there, without decoding.
 *
 * Browsers decode the beginning of a truncated file and say nothing, so the end of the stream is looked for
 * here: JPEG's EOI marker (ITU-T T.81, B.1.1), PNG's IEND chunk (ISO 15948, 11.2.5), the RIFF size of WebP,
 * GIF's trailer (GIF89a, 27) and the last box of AVIF and HEIC (ISO 14496-12, 4.2).
 */
import { FileProblem } from './importError.ts';

export type ImageMimeType =
  | 'image/jpeg'
  | 'image/png'
  | 'image/webp'
  | 'image/gif'
  | 'image/bmp'
  | 'image/avif'
  /** Apple's browsers decode it, others do not: whoever opens it finds out. */
  | 'image/heic';

export interface ImageHeader {
  mimeType: ImageMimeType;
  /** As stored, before EXIF rotation; null where only a decoder can tell (AVIF, HEIC). */
  size: { widthPx: number; heightPx: number } | null;
}

/**
 * Reads the header and walks to the end of an image.
 *
 * @throws FileProblem with what the file is and what to do, for anything no browser decodes: TIFF
 *   and camera raw files, text, archives, empty and truncated files. The message has no file name in it.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new FileProblem('is empty (0 bytes).');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (startsWith(bytes, 0xff, 0xd8, 0xff)) return { mimeType: 'image/jpeg', size: walkJpeg(view) };
    if (startsWith(bytes, 0x89, 0x50, 0x4e, 0x47)) return { mimeType: 'image/png', size: walkPng(view) };
    if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') {
      return { mimeType: 'image/webp', size: walkWebp(view) };
    }
    if (ascii(bytes, 0, 4) === 'GIF8') return { mimeType: 'image/gif', size: walkGif(view) };
    if (ascii(bytes, 0, 2) === 'BM' && bytes.length >= 26 && view.getUint32(14, true) >= 40) {
      return { mimeType: 'image/bmp', size: bmpSize(view) };
    }
    if (ascii(bytes, 4, 4) === 'ftyp') {
      const brand = ascii(bytes, 8, 4);
      const mimeType = avifBrands.has(brand) ? 'image/avif' : heicBrands.has(brand) ? 'image/heic' : null;
      if (mimeType !== null) {
        walkBoxes(view);
        return { mimeType, size: null };
      }
    }
  } catch (error) {
    // Reading past the end is how truncation shows.
    if (error instanceof RangeError) throw new FileProblem(truncatedMessage);
    throw error;
  }
  throw new FileProblem(describeNonImage(bytes));
}

const truncatedMessage = 'is truncated: its end is missing. Copy or download it again.';
const avifBrands = new Set(['avif', 'avis']);
const heicBrands = new Set(['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1']);

function startsWith(bytes: Uint8Array, ...prefix: number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** Segments up to each scan, then the scan's entropy-coded bytes, until EOI. */
function walkJpeg(view: DataView): ImageHeader['size'] {
  let size: ImageHeader['size'] = null;
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) {
      // Stray bytes between segments are tolerated by decoders: look for the next marker.
      at++;
      continue;
    }
    const marker = view.getUint8(at + 1);
    if (marker === 0xd9) {
      if (size === null) throw new FileProblem('is a damaged JPEG: it has no picture in it.');
      return size;
    }
    // Fill bytes, stuffed zeros and the markers without a length (TEM, RST0 to RST7, SOI).
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) size = { widthPx: view.getUint16(at + 7), heightPx: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
}

function walkPng(view: DataView): ImageHeader['size'] {
  const size = { widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
  for (let at = 8; ; at += 12 + view.getUint32(at)) {
    const isEnd = view.getUint32(at + 4) === 0x49454e44;
    if (isEnd) {
      view.getUint32(at + 8);
      return size;
    }
  }
}

function walkWebp(view: DataView): ImageHeader['size'] {
  // The RIFF size counts what follows it; some writers leave out the padding byte.
  view.getUint8(8 + (view.getUint32(4, true) & ~1) - 1);
  const chunk = view.getUint32(12);
  if (chunk === 0x56503858) {
    // VP8X: 24-bit sizes less one.
    return { widthPx: 1 + uint24(view, 24), heightPx: 1 + uint24(view, 27) };
  }
  if (chunk === 0x5650384c) {
    // VP8L: 14 bits each, less one, after the signature byte.
    const bits = view.getUint32(21, true);
    return { widthPx: 1 + (bits & 0x3fff), heightPx: 1 + ((bits >>> 14) & 0x3fff) };
  }
  // VP8: after the frame tag and start code.
  return { widthPx: view.getUint16(26, true) & 0x3fff, heightPx: view.getUint16(28, true) & 0x3fff };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function walkGif(view: DataView): ImageHeader['size'] {
  const size = { widthPx: view.getUint16(6, true), heightPx: view.getUint16(8, true) };
  const colourTableBytes = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  let at = 13 + colourTableBytes(view.getUint8(10));
  for (;;) {
    const block = view.getUint8(at);
    if (block === 0x3b) return size;
    if (block === 0x21) at += 2;
    else if (block === 0x2c) at += 11 + colourTableBytes(view.getUint8(at + 9));
    else throw new FileProblem('is a damaged GIF: a block in it has an unknown kind.');
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    at += 1;
  }
}

function bmpSize(view: DataView): ImageHeader['size'] {
  const widthPx = view.getInt32(18, true);
  const heightPx = Math.abs(view.getInt32(22, true));
  const isCompressed = view.getUint32(30, true) !== 0;
  const rowBytes = Math.ceil((widthPx * view.getUint16(28, true)) / 32) * 4;
  const pixelsAt = view.getUint32(10, true);
  view.getUint8(isCompressed ? pixelsAt : pixelsAt + rowBytes * heightPx - 1);
  return { widthPx, heightPx };
}

function walkBoxes(view: DataView): void {
  let at = 0;
  while (at < view.byteLength) {
    const length = view.getUint32(at);
    // 0: up to the end of the file.
    if (length === 0) return;
    const boxBytes = length === 1 ? Number(view.getBigUint64(at + 8)) : length;
    if (boxBytes < 8) throw new FileProblem('is a damaged AVIF or HEIC: a box in it has no size.');
    at += boxBytes;
    view.getUint8(at - 1);
  }
}

/** Everything people put into image folders that is no image a browser decodes. */
function describeNonImage(bytes: Uint8Array): string {
  const exportIt = 'Export it as JPEG or PNG.';
  if (ascii(bytes, 4, 4) === 'ftyp') {
    const brand = ascii(bytes, 8, 4);
    if (brand === 'crx ') return `is a camera raw file (CR3). ${exportIt}`;
    return 'is a video, not an image.';
  }
  if (startsWith(bytes, 0x49, 0x49, 0x2a, 0) || startsWith(bytes, 0x4d, 0x4d, 0, 0x2a)) {
    return `is TIFF or a camera raw file, which browsers cannot decode. ${exportIt}`;
  }
  if (startsWith(bytes, 0x49, 0x49, 0x52) || startsWith(bytes, 0x49, 0x49, 0x55)) {
    return `is a camera raw file. ${exportIt}`;
  }
  if (ascii(bytes, 0, 8) === 'FUJIFILM') return `is a camera raw file (RAF). ${exportIt}`;
  if (startsWith(bytes, 0xff, 0x0a) || ascii(bytes, 4, 4) === 'JXL ') return `is JPEG XL. ${exportIt}`;
  if (ascii(bytes, 0, 4) === '8BPS') return `is a Photoshop document. ${exportIt}`;
  if (ascii(bytes, 0, 4) === '%PDF') return `is a PDF, not an image. ${exportIt}`;
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04)) {
    return 'is a zip archive. Drop one zip by itself, or unpack it.';
  }
  if (startsWith(bytes, 0x1f, 0x8b)) return 'is a gzip archive, not an image. Unpack it.';
  const beginning = bytes.subarray(0, 1024);
  if (!beginning.includes(0)) {
    const text = new TextDecoder().decode(beginning);
    if (text.includes('<svg')) return 'is a drawing (SVG). Export it as PNG.';
    if (!text.includes('\ufffd')) return 'is a text file, not an image.';
  }
  if (bytes.every((byte) => byte === 0)) {
    return 'has only zeros in it, as after a failed copy. Copy or download it again.';
  }
  return 'is not an image format that browsers decode (JPEG, PNG, WebP, AVIF, GIF, BMP).';
}
