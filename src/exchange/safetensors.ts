/**
 * Weights files in the safetensors format: 8 bytes of header length (little-endian), a JSON header, then the
 * tensors' bytes, little-endian, without gaps.
 *
 * Source: the format's description in the README of huggingface/safetensors, and the limits of its reference
 * implementation (safetensors/src/tensor.rs). Typed arrays here have the platform's byte order, which is
 * little-endian wherever WebGPU exists.
 */

/** A tensor to write: `shape` [] is a scalar. Row-major. */
export type TensorToWrite = { name: string; shape: readonly number[] } & (
  { dtype: 'F32'; data: Float32Array<ArrayBuffer> } | { dtype: 'I64'; data: BigInt64Array<ArrayBuffer> }
);

export interface StoredTensor {
  name: string;
  /** As in the file: F32, F16, BF16, F64, I64 can be read, others only listed. */
  dtype: string;
  shape: readonly number[];
  /** Number of values: the product of the shape. */
  size: number;
  /** Place in the file. */
  beginByte: number;
  endByte: number;
}

export interface SafetensorsFile {
  metadata: Readonly<Record<string, string>>;
  /** By name, in the header's order. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * The values of a tensor, converted to 32-bit floats. Rejects with SafetensorsError where the file has no
   * such tensor or its type cannot be read.
   */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** Says what is wrong with a file, in a sentence that can be shown. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError';
}

const maxHeaderBytes = 100_000_000;
const bytesPerValue = new Map(
  Object.entries({
    BOOL: 1,
    U8: 1,
    I8: 1,
    F8_E5M2: 1,
    F8_E4M3: 1,
    I16: 2,
    U16: 2,
    F16: 2,
    BF16: 2,
    I32: 4,
    U32: 4,
    F32: 4,
    F64: 8,
    I64: 8,
    U64: 8,
  }),
);

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The file in parts, for `new Blob(parts)` or to be written one after the other; the tensors' own memory is
 * not copied. The header lists the tensors in the given order; wider types are stored first, so that each
 * tensor lies at a multiple of its value's size.
 *
 * Throws SafetensorsError for a name that comes twice and for data that does not fit its shape.
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer>[] {
  const given = [...tensors];
  const names = new Set<string>();
  for (const { name, shape, data } of given) {
    if (name === '__metadata__' || names.has(name)) {
      throw new SafetensorsError(`Two entries of the weights file would be called "${name}".`);
    }
    names.add(name);
    if (sizeOf(shape) !== data.length) {
      throw new SafetensorsError(
        `Tensor ${name} has ${data.length} values, but its shape [${shape.join(', ')}] has ${sizeOf(shape)}.`,
      );
    }
  }

  const stored = given.toSorted((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const begins = new Map<string, number>();
  let end = 0;
  for (const { name, data } of stored) {
    begins.set(name, end);
    end += data.byteLength;
  }
  const entries = given.map(({ name, dtype, shape, data }) => {
    const begin = begins.get(name) ?? 0;
    return [name, { dtype, shape, data_offsets: [begin, begin + data.byteLength] }] as const;
  });
  // Not an object literal: a tensor may be called "__proto__", and digits would be moved to the front.
  const fields = [['__metadata__', metadata] as const, ...entries].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const unpadded = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(unpadded.length / 8) * 8;
  const head = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(unpadded, 8);
  return [head, ...stored.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** One entry of the header, checked by itself. */
function parseEntry(name: string, entry: unknown, dataStart: number): StoredTensor {
  const fail = (what: string) => new SafetensorsError(`The weights file is damaged: tensor ${name} ${what}.`);
  if (!isRecord(entry)) throw fail('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw fail('has no type (dtype)');
  const valueBytes = bytesPerValue.get(dtype);
  if (valueBytes === undefined) throw fail(`has the unknown type ${dtype}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail('has no valid shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail('has no valid place in the file (data_offsets)');
  }
  const [begin = 0, end = 0] = offsets;
  const size = sizeOf(shape);
  if (end - begin !== size * valueBytes) {
    throw fail(`takes ${end - begin} bytes, but ${size} values of type ${dtype} need ${size * valueBytes}`);
  }
  return { name, dtype, shape, size, beginByte: dataStart + begin, endByte: dataStart + end };
}

async function readHeader(file: Blob): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  if (file.size < 8) {
    throw new SafetensorsError(
      `This is not a safetensors file: it has ${file.size} bytes, fewer than its header's length alone.`,
    );
  }
  const length = new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new SafetensorsError(
      `This is not a safetensors file: its header would have ${length.toString()} bytes, and at most ` +
        `${maxHeaderBytes} are allowed.`,
    );
  }
  const headerBytes = Number(length);
  if (8 + headerBytes > file.size) {
    throw new SafetensorsError(
      `The weights file is cut short: its header should have ${headerBytes} bytes, but the file ends after ` +
        `${file.size - 8}. Download or save it again.`,
    );
  }
  let header: unknown;
  try {
    const bytes = await file.slice(8, 8 + headerBytes).arrayBuffer();
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new SafetensorsError(
      `This is not a safetensors file, or its header is damaged: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isRecord(header)) {
    throw new SafetensorsError('This is not a safetensors file: its header is not a JSON object.');
  }
  return { header, dataStart: 8 + headerBytes };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) {
    throw new SafetensorsError('The weights file is damaged: its __metadata__ is not an object.');
  }
  const texts: [string, string][] = Object.entries(value).map(([key, text]) => {
    if (typeof text === 'string') return [key, text];
    throw new SafetensorsError(`The weights file is damaged: "${key}" in its __metadata__ is not a text.`);
  });
  return Object.fromEntries(texts);
}

/** Tensors lie one behind the other and fill the file: nothing overlaps, nothing is hidden between. */
function requireContiguous(tensors: Iterable<StoredTensor>, dataStart: number, fileBytes: number): void {
  const inOrder = [...tensors].sort((a, b) => a.beginByte - b.beginByte || a.endByte - b.endByte);
  let end = dataStart;
  let before = 'the header';
  for (const tensor of inOrder) {
    if (tensor.beginByte !== end) {
      const what = tensor.beginByte < end ? 'overlaps' : 'does not follow directly on';
      throw new SafetensorsError(`The weights file is damaged: tensor ${tensor.name} ${what} ${before}.`);
    }
    end = tensor.endByte;
    before = tensor.name;
  }
  if (end > fileBytes) {
    throw new SafetensorsError(
      `The weights file is cut short: it has ${fileBytes} of ${end} bytes. Download or save it again.`,
    );
  }
  if (end < fileBytes) {
    throw new SafetensorsError(
      `The weights file is damaged: ${fileBytes - end} bytes behind its last tensor belong to none.`,
    );
  }
}

/** Binary16 to a number (IEEE 754-2008). */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toFloat32(tensor: StoredTensor, bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(bytes);
    case 'F64':
      return Float32Array.from(new Float64Array(bytes));
    case 'I64':
      return Float32Array.from(new BigInt64Array(bytes), Number);
    case 'F16':
      return Float32Array.from(new Uint16Array(bytes), halfToNumber);
    case 'BF16':
      // The upper half of a binary32.
      return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer);
    default:
      throw new SafetensorsError(
        `Tensor ${tensor.name} has the type ${tensor.dtype}, which cannot be read as numbers here. ` +
          'Save the file with F32, F16, BF16, F64 or I64 values.',
      );
  }
}

/**
 * Opens a file and checks its whole header; the tensors themselves are read when asked for, so that a large
 * file is never in memory as a whole. Rejects with SafetensorsError where the file is not a sound one.
 */
export async function readSafetensors(source: ArrayBuffer | Blob): Promise<SafetensorsFile> {
  const file = source instanceof Blob ? source : new Blob([source]);
  const { header, dataStart } = await readHeader(file);
  const metadata = parseMetadata(header['__metadata__']);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, parseEntry(name, entry, dataStart));
  }
  requireContiguous(tensors.values(), dataStart, file.size);
  return {
    metadata,
    tensors,
    async readFloat32(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) {
        throw new SafetensorsError(`The weights file has no tensor called ${name}.`);
      }
      return toFloat32(tensor, await file.slice(tensor.beginByte, tensor.endByte).arrayBuffer());
    },
  };
}
