import * as Comlink from 'comlink';
import { afterEach, describe, expect, it } from 'vitest';
import {
  DecodePool,
  decodePoolSize,
  DecoderStoppedError,
  type DecoderApi,
} from '../../src/data/decodePool.ts';

import { FakeBitmap } from './support/reading.ts';

/** One end of a channel in place of a worker; the other end runs the decoder given. */
class ChannelWorker extends EventTarget implements Worker {
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  isTerminated = false;
  private readonly channel = new MessageChannel();

  constructor(decoder: DecoderApi) {
    super();
    Comlink.expose(decoder, this.channel.port2);
    this.channel.port1.addEventListener('message', (event: MessageEvent<unknown>) => {
      this.dispatchEvent(new MessageEvent('message', { data: event.data }));
    });
    this.channel.port1.start();
  }

  postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions): void {
    this.channel.port1.postMessage(message, Array.isArray(transfer) ? transfer : []);
  }

  terminate(): void {
    this.isTerminated = true;
    this.channel.port1.close();
  }
}

const opened: ChannelWorker[] = [];
afterEach(() => {
  for (const worker of opened.splice(0)) worker.terminate();
});

/** A pool whose workers count their jobs and answer when told to. */
function createPool(size: number) {
  const jobs: number[] = [];
  const release: (() => void)[] = [];
  const pool = new DecodePool(() => {
    const at = opened.length;
    jobs[at] = 0;
    const worker = new ChannelWorker({
      async decode({ mimeType }) {
        jobs[at] = (jobs[at] ?? 0) + 1;
        if (mimeType === 'image/broken') throw new Error('it does not decode');
        await new Promise<void>((resolve) => release.push(resolve));
        return new FakeBitmap(at, 1, new Uint8Array(0));
      },
    });
    opened.push(worker);
    return worker;
  }, size);
  return { pool, jobs, release };
}

const job = () => ({ data: new ArrayBuffer(4), mimeType: 'image/png', crc32: 0 });
const turn = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('DecodePool', () => {
  it('spreads jobs over its workers and hands their buffers over', async () => {
    const { pool, jobs, release } = createPool(3);
    const sent = Array.from({ length: 6 }, job);
    const decoding = sent.map((one) => pool.decode(one));
    await turn();
    expect(jobs).toEqual([2, 2, 2]);
    expect(sent.map(({ data }) => data.byteLength)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const answer of release) answer();
    expect((await Promise.all(decoding)).map(({ height }) => height)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("passes on a worker's error and goes on", async () => {
    const { pool, release } = createPool(1);
    await expect(pool.decode({ ...job(), mimeType: 'image/broken' })).rejects.toThrow('it does not decode');
    const decoding = pool.decode(job());
    await turn();
    release[0]?.();
    expect((await decoding).width).toBe(0);
  });

  it('rejects what is under way and all that follows when a worker fails', async () => {
    const { pool } = createPool(2);
    const decoding = pool.decode(job());
    decoding.catch(() => undefined);
    await turn();
    opened[1]?.dispatchEvent(new Event('error'));
    await expect(decoding).rejects.toThrow(
      /^An image decoder stopped \(.*\)\. Close other tabs .* reload the page\.$/,
    );
    await expect(pool.decode(job())).rejects.toBeInstanceOf(DecoderStoppedError);
    expect(opened.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
  });

  it('rejects what is under way when it is closed', async () => {
    const { pool } = createPool(1);
    const decoding = pool.decode(job());
    decoding.catch(() => undefined);
    await turn();
    pool.close();
    await expect(decoding).rejects.toThrow('The data set was closed');
  });
});

describe('decodePoolSize', () => {
  it('leaves a core to the page and has at most four', () => {
    expect([1, 2, 3, 5, 16].map(decodePoolSize)).toEqual([1, 1, 2, 4, 4]);
  });
});
