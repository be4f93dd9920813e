/**
 * Decodes stored images in several workers. What a worker does is decodeStored(); starting one is the
 * caller's business, since a bundler must see the worker's address (workers/decoder.ts).
 */
import * as Comlink from 'comlink';
import { crc32 } from './crc32.ts';

export interface DecodeJob {
  /** The encoded image; a slice of a stored shard. */
  data: Blob | ArrayBuffer;
  mimeType: string;
  crc32: number;
}

/** What workers/decoder.ts exposes with Comlink. */
export interface DecoderApi {
  decode(job: DecodeJob): Promise<ImageBitmap>;
}

/** The decoder itself is gone, whatever the image; the message is shown as it is. */
export class DecoderStoppedError extends Error {
  override name = 'DecoderStoppedError';
}

export interface ImageDecoder {
  /**
   * Rejects when the bytes do not match their checksum or do not decode (the message has no file name), and
   * with DecoderStoppedError.
   */
  decode(job: DecodeJob): Promise<ImageBitmap>;
  close(): void;
}

/**
 * Decodes to the bytes in the file: alpha is not multiplied in, no colour profile is applied, EXIF rotation
 * is.
 *
 * @throws Error when the checksum does not match or the image does not decode.
 */
export async function decodeStored({ data, mimeType, crc32: expected }: DecodeJob): Promise<ImageBitmap> {
  const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
  if (crc32(new Uint8Array(bytes)) !== expected) {
    throw new Error('its stored bytes have changed (the checksum does not match)');
  }
  return await createImageBitmap(new Blob([bytes], { type: mimeType }), {
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
}

/** Workers that leave a core to the page, and not more than decoding at full speed needs. */
export function decodePoolSize(hardwareConcurrency: number): number {
  return Math.min(4, Math.max(1, hardwareConcurrency - 1));
}

interface PoolWorker {
  worker: Worker;
  api: Comlink.Remote<DecoderApi>;
  /** Settles the jobs under way when the worker itself fails. */
  failures: Set<(error: Error) => void>;
}

export class DecodePool implements ImageDecoder {
  private readonly workers: PoolWorker[];
  private failure: DecoderStoppedError | null = null;

  constructor(createWorker: () => Worker, size = decodePoolSize(navigator.hardwareConcurrency)) {
    this.workers = Array.from({ length: size }, () => this.start(createWorker()));
  }

  async decode(job: DecodeJob): Promise<ImageBitmap> {
    if (this.failure !== null) throw this.failure;
    const least = this.workers.reduce((a, b) => (b.failures.size < a.failures.size ? b : a));
    const transfer = job.data instanceof ArrayBuffer ? [job.data] : [];
    return await new Promise<ImageBitmap>((resolve, reject) => {
      least.failures.add(reject);
      least.api
        .decode(Comlink.transfer(job, transfer))
        .then(resolve, reject)
        .finally(() => least.failures.delete(reject));
    });
  }

  close(): void {
    this.fail(new DecoderStoppedError('The data set was closed while its images were being decoded.'));
  }

  private start(worker: Worker): PoolWorker {
    const started: PoolWorker = { worker, api: Comlink.wrap<DecoderApi>(worker), failures: new Set() };
    worker.addEventListener('error', (event) => {
      // Comlink answers failed calls; this is a worker that did not load or ran out of memory.
      const reason = event.message === '' ? 'it did not load' : event.message;
      this.fail(
        new DecoderStoppedError(
          `An image decoder stopped (${reason}). Close other tabs if memory is short, and reload the page.`,
        ),
      );
    });
    return started;
  }

  private fail(error: DecoderStoppedError): void {
    this.failure ??= error;
    for (const { worker, failures } of this.workers) {
      for (const reject of failures) reject(error);
      worker.terminate();
    }
  }
}
