/** A file to import, wherever it lies: dropped, in a zip, or (in Node) on disk. Read only when its turn comes. */
import { FileProblem } from './importError.ts';

export interface SourceFile {
  /** Relative path, folders separated by `/`. */
  path: string;
  sizeBytes: number;
  /** All bytes. Rejects with FileProblem when they cannot be read. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** No photograph is larger, and an archive entry that is would fill the memory of a phone. */
export const maxFileBytes = 256 * 1024 * 1024;

/** Reads a file unless it is too large. Rejects with FileProblem, without the file's name. */
export async function readSourceFile(source: SourceFile): Promise<Uint8Array<ArrayBuffer>> {
  if (source.sizeBytes > maxFileBytes) {
    const megabytes = Math.round(source.sizeBytes / 1e6);
    throw new FileProblem(`has ${megabytes} MB; the limit for one file is 268 MB. Make it smaller.`);
  }
  return await source.read();
}

/** A dropped or picked file. */
export function blobSource(path: string, file: Blob): SourceFile {
  return {
    path,
    sizeBytes: file.size,
    async read() {
      try {
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        const reason = error instanceof Error ? ` (${error.message})` : '';
        throw new FileProblem(
          `could not be read${reason}. It may have been moved, changed or put into the cloud: pick it again.`,
        );
      }
    },
  };
}
