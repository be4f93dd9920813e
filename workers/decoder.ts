/** A decoder's thread: stored bytes in, bitmaps out. */
import * as Comlink from 'comlink';
import { decodeStored, type DecoderApi } from '../src/data/decodePool.ts';

const decoder: DecoderApi = {
  async decode(job) {
    const bitmap = await decodeStored(job);
    return Comlink.transfer(bitmap, [bitmap]);
  },
};
Comlink.expose(decoder);
