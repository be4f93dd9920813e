/** The samples of a stored data set: shards from IndexedDB, decoded by a pool. */
import { crc32 } from './crc32.ts';
import { DecoderStoppedError, type ImageDecoder } from './decodePool.ts';
import { greyToBmp, greyToRgba } from './greyBitmap.ts';
import { ShardStore, type DatasetIndex, type ShardData, type SplitIndex } from './shardStore.ts';
import { StorageError, withStorageErrors } from './storage.ts';
import type { DatasetSummary, DecodedImage, SampleSource, SplitName } from './types.ts';

/**
 * Data sets up to this size are read into memory shard by shard as they are used; larger ones are read
 * slice by slice from disk, so that memory stays bounded.
 */
const cachedBytes = 128 * 1024 * 1024;

interface SampleRow {
  fileName: string;
  format: string;
  shard: number;
  start: number;
  end: number;
  crc32: number;
  widthPx: number;
  heightPx: number;
}

export class IndexedDbSampleSource implements SampleSource {
  private readonly shards = new Map<number, Promise<ShardData>>();

  private constructor(
    private readonly store: ShardStore,
    private readonly index: DatasetIndex,
    private readonly decoder: ImageDecoder,
    readonly summary: DatasetSummary,
  ) {}

  /**
   * Opens a stored data set. The source owns the decoder and closes it.
   *
   * @throws StorageError when storage is refused or the data set is not there.
   */
  static async open(datasetId: string, decoder: ImageDecoder): Promise<IndexedDbSampleSource> {
    const store = await ShardStore.open();
    try {
      const { summary, index } = await store.dataset(datasetId);
      return new IndexedDbSampleSource(store, index, decoder, summary);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  labels(split: SplitName): Int32Array {
    return this.index.splits[split].label;
  }

  fileName(split: SplitName, index: number): string {
    return rowOf(this.index, split, index).fileName;
  }

  async decode(split: SplitName, indices: readonly number[]): Promise<DecodedImage[]> {
    const outcomes = await Promise.allSettled(indices.map((index) => this.decodeOne(split, index)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const images = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (failed === undefined) return images;
    closeImages(images);
    throw failed.reason;
  }

  /** The stored image as a file to show; raw grey samples become a BMP. */
  async encoded(split: SplitName, index: number): Promise<Blob> {
    return await readEncoded(
      await this.shardOf(rowOf(this.index, split, index)),
      rowOf(this.index, split, index),
    );
  }

  close(): void {
    this.decoder.close();
    this.shards.clear();
    this.store.close();
  }

  private async decodeOne(split: SplitName, index: number): Promise<DecodedImage> {
    const row = rowOf(this.index, split, index);
    const data = (await this.shardOf(row)).slice(row.start, row.end);
    try {
      if (row.format === 'grey8') return await decodeGrey(data, row);
      const bitmap = await this.decoder.decode({ data, mimeType: row.format, crc32: row.crc32 });
      return { kind: 'bitmap', widthPx: bitmap.width, heightPx: bitmap.height, bitmap };
    } catch (error) {
      if (error instanceof DecoderStoppedError) throw error;
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      throw new StorageError(
        `${row.fileName} cannot be decoded: ${reason}. Delete the data set "${this.summary.name}" and import it again.`,
        { cause: error },
      );
    }
  }

  /** A shard, in memory where the data set is small, else its Blob handle. */
  private shardOf({ shard }: SampleRow): Promise<ShardData> {
    const known = this.shards.get(shard);
    if (known !== undefined) return known;
    const isSmall = this.summary.bytes <= cachedBytes;
    const loading = this.store.shard(this.summary.id, shard).then(async (data) => {
      if (!isSmall || !(data instanceof Blob)) return data;
      return await withStorageErrors(() => data.arrayBuffer());
    });
    this.shards.set(shard, loading);
    // A failed read may succeed next time, and large ArrayBuffers must not pile up.
    loading.then(
      (data) => {
        if (!isSmall && !(data instanceof Blob)) this.shards.delete(shard);
      },
      () => this.shards.delete(shard),
    );
    return loading;
  }
}

/** Releases decoded images that will not be used. */
export function closeImages(images: readonly DecodedImage[]): void {
  for (const image of images) if (image.kind === 'bitmap') image.bitmap.close();
}

/** Encoded images of a split, evenly spread over it and so over the classes, to show on the page. */
export async function sampleEncodedImages(
  store: ShardStore,
  datasetId: string,
  split: SplitName,
  count: number,
): Promise<{ blob: Blob; label: number }[]> {
  const { index } = await store.dataset(datasetId);
  const byClass = new Map<number, number[]>();
  index.splits[split].label.forEach((label, sample) => {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [sample]);
    else members.push(sample);
  });
  const labels = [...byClass.keys()].sort((a, b) => a - b);
  const total = index.splits[split].label.length;
  const chosen: { sample: number; label: number }[] = [];
  for (let round = 0; chosen.length < Math.min(count, total); round++) {
    const candidates = labels.flatMap((label) => {
      const sample = byClass.get(label)?.[round];
      return sample === undefined ? [] : [{ sample, label }];
    });
    // Fewer images wanted than there are classes: classes evenly spread.
    const taken = Math.min(count - chosen.length, candidates.length);
    for (let at = 0; at < taken; at++) {
      const candidate = candidates[Math.floor((at * candidates.length) / taken)];
      if (candidate !== undefined) chosen.push(candidate);
    }
  }
  return await Promise.all(
    chosen.map(async ({ sample, label }) => {
      const row = rowOf(index, split, sample);
      return { blob: await readEncoded(await store.shard(datasetId, row.shard), row), label };
    }),
  );
}

function rowOf(index: DatasetIndex, split: SplitName, sample: number): SampleRow {
  const columns = index.splits[split];
  const fileName = columns.fileNames[sample];
  if (fileName === undefined) {
    throw new RangeError(
      `Data set: ${split} has ${columns.fileNames.length} samples, there is no sample ${sample}.`,
    );
  }
  const number = (column: Exclude<keyof SplitIndex, 'fileNames'>) => columns[column][sample] ?? 0;
  const start = number('offsetBytes');
  return {
    fileName,
    format: index.formats[number('format')] ?? '',
    shard: number('shard'),
    start,
    end: start + number('lengthBytes'),
    crc32: number('crc32'),
    widthPx: number('widthPx'),
    heightPx: number('heightPx'),
  };
}

async function decodeGrey(
  data: ShardData,
  { crc32: expected, widthPx, heightPx }: SampleRow,
): Promise<DecodedImage> {
  const grey = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
  if (crc32(grey) !== expected)
    throw new Error('its stored bytes have changed (the checksum does not match)');
  return { kind: 'pixels', widthPx, heightPx, rgba: greyToRgba(grey) };
}

async function readEncoded(
  data: ShardData,
  { start, end, format, widthPx, heightPx }: SampleRow,
): Promise<Blob> {
  const slice = data.slice(start, end);
  const bytes = slice instanceof Blob ? await withStorageErrors(() => slice.arrayBuffer()) : slice;
  if (format === 'grey8') return greyToBmp(new Uint8Array(bytes), widthPx, heightPx);
  return new Blob([bytes], { type: format });
}
