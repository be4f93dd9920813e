/** One fingerprint for all batches of a step. */

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * 16 hex digits that depend on every fingerprint and their order: a single one is itself, several are hashed (FNV-1a,
 * 64 bits, over their characters).
 */
export function combineFingerprints(fingerprints: readonly string[]): string {
  const [only] = fingerprints;
  if (only !== undefined && fingerprints.length === 1) return only;
  let hash = offset;
  for (const character of fingerprints.join(' ')) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * prime);
  }
  return hash.toString(16).padStart(16, '0');
}
