/** Stored samples in Node: what a decoder would be given stands in for the picture. */
import { crc32 } from '../../../src/data/crc32.ts';
import type { DecodeJob, ImageDecoder } from '../../../src/data/decodePool.ts';
import { IndexedDbSampleSource } from '../../../src/data/indexedDbSource.ts';

/** Stands in for ImageBitmap, which Node does not have. */
export class FakeBitmap implements ImageBitmap {
  isClosed = false;
  constructor(
    readonly width: number,
    readonly height: number,
    /** The encoded bytes. */
    readonly bytes: Uint8Array,
  ) {}
  close(): void {
    this.isClosed = true;
  }
}

/** Checks the checksum as the workers do, and decodes nothing. */
export class FakeDecoder implements ImageDecoder {
  readonly bitmaps: FakeBitmap[] = [];
  isClosed = false;

  async decode(job: DecodeJob): Promise<ImageBitmap> {
    const bytes = new Uint8Array(job.data instanceof Blob ? await job.data.arrayBuffer() : job.data);
    if (crc32(bytes) !== job.crc32) throw new Error('its stored bytes have changed');
    const bitmap = new FakeBitmap(1, 1, bytes);
    this.bitmaps.push(bitmap);
    return bitmap;
  }

  close(): void {
    this.isClosed = true;
  }
}

export async function readStored(
  datasetId: string,
  decoder = new FakeDecoder(),
): Promise<IndexedDbSampleSource> {
  return await IndexedDbSampleSource.open(datasetId, decoder);
}
