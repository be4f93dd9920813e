/** Gzip (RFC 1952) by the platform's DecompressionStream, with a limit on what comes out. */
import { FileProblem } from './importError.ts';

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip bytes.
 *
 * @throws FileProblem when they are damaged or truncated, or unpack to more than `maxBytes`.
 */
export async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      total += part.value.length;
      if (total > maxBytes) break;
      chunks.push(part.value);
    }
  } catch (error) {
    const reason = error instanceof Error ? ` (${error.message})` : '';
    throw new FileProblem(`is damaged or truncated gzip${reason}. Copy or download it again.`);
  }
  if (total > maxBytes) {
    await reader.cancel();
    throw new FileProblem(`unpacks to more than ${Math.round(maxBytes / 1e6)} MB.`);
  }
  const joined = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
