/** Lists a zip archive's files, to be unpacked one at a time (zip.js; stored and deflated entries). */
import { BlobReader, configure, Uint8ArrayWriter, ZipReader, type FileEntry } from '@zip.js/zip.js';
import { crc32 } from './crc32.ts';
import { FileProblem, ImportError } from './importError.ts';
import type { SourceFile } from './sourceFile.ts';

const maxEntries = 1_000_000;
const maxUnpackedBytes = 64 * 1024 ** 3;

// This runs in a worker already, and the platform unpacks in a thread of its own.
configure({ useWebWorkers: false });

/** Whether the file is a zip by its first bytes (PK\x03\x04, or PK\x05\x06 for one without entries). */
export async function isZip(file: Blob): Promise<boolean> {
  const [p, k, third, fourth] = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return p === 0x50 && k === 0x4b && ((third === 3 && fourth === 4) || (third === 5 && fourth === 6));
}

/**
 * The files in a zip; nothing is unpacked until a file is read.
 *
 * @throws ImportError when it is no readable zip, or says it holds more than a million files or 64 GiB.
 */
export async function openZip(zip: Blob, zipName: string): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  let unpackedBytes = 0;
  try {
    for await (const entry of new ZipReader(new BlobReader(zip)).getEntriesGenerator()) {
      if (entry.directory) continue;
      unpackedBytes += entry.uncompressedSize;
      if (sources.length >= maxEntries || unpackedBytes > maxUnpackedBytes) {
        throw new ImportError(
          `${zipName} unpacks to more than a million files or 64 GiB. Split it, or drop the unpacked folder.`,
        );
      }
      sources.push(zipSource(zip, entry));
    }
  } catch (error) {
    if (error instanceof ImportError) throw error;
    const reason = error instanceof Error ? ` (${error.message})` : '';
    throw new ImportError(`${zipName} is not a readable zip${reason}. Copy or download it again.`);
  }
  return sources;
}

function zipSource(zip: Blob, entry: FileEntry): SourceFile {
  return {
    // Some Windows archivers write backslashes.
    path: entry.filename.replaceAll('\\', '/'),
    sizeBytes: entry.uncompressedSize,
    async read() {
      if (entry.encrypted) throw new FileProblem('is encrypted. Unpack the zip with its password first.');
      try {
        const stored = entry.compressionMethod === 0 ? await readStored(zip, entry) : null;
        // zip.js stops where the data turns out larger than the size the entry declares.
        return stored ?? (await entry.getData(new Uint8ArrayWriter(), { checkCrc32: true }));
      } catch (error) {
        const reason = error instanceof Error ? ` (${error.message})` : '';
        throw new FileProblem(`is damaged in the zip${reason}. Make the zip again.`);
      }
    },
  };
}

const localHeaderBytes = 30;
/** Extra fields of the local header that are read along with the data; they are seldom longer. */
const usualExtraBytes = 256;

/**
 * An entry that is not compressed, read with one slice: ten times as fast as through zip.js's streams, which counts
 * for thousands of small images. Null where it does not lie where the directory says (a zip with something
 * before it): zip.js knows what to do.
 *
 * Source: PKWARE's APPNOTE.TXT, 4.3.7 (local file header).
 */
async function readStored(zip: Blob, entry: FileEntry): Promise<Uint8Array<ArrayBuffer> | null> {
  const { offset, uncompressedSize, rawFilename } = entry;
  const likelyEnd = offset + localHeaderBytes + rawFilename.length + usualExtraBytes + uncompressedSize;
  const slice = new Uint8Array(await zip.slice(offset, likelyEnd).arrayBuffer());
  if (slice.length < localHeaderBytes) return null;
  const header = new DataView(slice.buffer);
  if (header.getUint32(0, true) !== 0x04034b50) return null;
  const start = localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true);
  const bytes = slice.slice(start, start + uncompressedSize);
  if (bytes.length !== uncompressedSize || entry.compressedSize !== uncompressedSize) return null;
  if (crc32(bytes) !== entry.crc32) throw new Error('the checksum does not match');
  return bytes;
}
