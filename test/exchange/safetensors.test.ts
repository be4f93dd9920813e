import { describe, expect, test } from 'vitest';
import { readSafetensors, type TensorToWrite, writeSafetensors } from '../../src/exchange/safetensors.ts';

const weights: TensorToWrite[] = [
  { name: 'conv1.weight', dtype: 'F32', shape: [1, 3, 1, 1], data: Float32Array.of(0.5, -1.25, 3e-8) },
  { name: 'bn1.num_batches_tracked', dtype: 'I64', shape: [], data: BigInt64Array.of(123_456n) },
  { name: 'fc.weight', dtype: 'F32', shape: [2, 1], data: Float32Array.of(NaN, -0) },
  { name: '__proto__', dtype: 'F32', shape: [0, 5], data: new Float32Array() },
];
const metadata = { format: 'pt', classes: '["猫","dog"]' };

/** A file from a header (a value, or raw text) and a number of data bytes. */
function fileOf(header: unknown, dataBytes: number, claimedHeaderBytes?: bigint): Blob {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, claimedHeaderBytes ?? BigInt(text.length), true);
  return new Blob([length, text, new Uint8Array(dataBytes)]);
}

function entry(begin: number, end: number, dtype = 'F32', shape: unknown = [(end - begin) / 4]): object {
  return { dtype, shape, data_offsets: [begin, end] };
}

describe('round trip', () => {
  test('names, order, shapes, values and metadata', async () => {
    const file = await readSafetensors(new Blob(writeSafetensors(weights, metadata)));
    expect(file.metadata).toEqual(metadata);
    expect([...file.tensors.keys()]).toEqual(weights.map(({ name }) => name));
    for (const { name, dtype, shape, data } of weights) {
      expect(file.tensors.get(name)).toMatchObject({ dtype, shape, size: data.length });
      expect([...(await file.readFloat32(name))]).toEqual([...data].map(Number));
    }
  });

  test('from an ArrayBuffer, and of a part of a larger buffer', async () => {
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const parts = writeSafetensors([{ name: 'a', dtype: 'F32', shape: [2], data: part }], {});
    const file = await readSafetensors(await new Blob(parts).arrayBuffer());
    expect([...(await file.readFloat32('a'))]).toEqual([1, 2]);
    await expect(file.readFloat32('b')).rejects.toThrow('no tensor called b');
  });

  test('every tensor lies at a multiple of its value size', async () => {
    const { tensors } = await readSafetensors(new Blob(writeSafetensors(weights, metadata)));
    for (const { beginByte, dtype } of tensors.values())
      expect(beginByte % (dtype === 'I64' ? 8 : 4)).toBe(0);
  });

  test('an empty file of tensors', async () => {
    const file = await readSafetensors(new Blob(writeSafetensors([], {})));
    expect(file.tensors.size).toBe(0);
  });
});

test('the bytes are those of the format', async () => {
  const parts = writeSafetensors([{ name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) }], {});
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const header = '{"__metadata__":{},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  expect([...bytes.slice(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.slice(8, -4))).toBe(padded);
  expect([...bytes.slice(-4)]).toEqual([0, 0, 0x80, 0x3f]);
});

describe('writing refuses', () => {
  const [first] = weights as [TensorToWrite];
  test.each<[string, TensorToWrite[], RegExp]>([
    ['a name that comes twice', [first, first], /Two entries .*"conv1\.weight"/],
    ['the name of the metadata', [{ ...first, name: '__metadata__' }], /__metadata__/],
    [
      'a shape of another size',
      [{ ...first, shape: [2] }],
      /conv1\.weight has 3 values, but its shape \[2\] has 2/,
    ],
  ])('%s', (_, tensors, message) => {
    expect(() => writeSafetensors(tensors, {})).toThrow(message);
  });
});

describe('other number types become 32-bit floats', () => {
  test.each<[string, ArrayBufferView<ArrayBuffer>, number[]]>([
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555),
      [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity, NaN, 0.333251953125],
    ],
    [
      'BF16',
      Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0080, 0x3eab),
      [1, -2, Infinity, 2 ** -126, 0.333984375],
    ],
    ['F64', Float64Array.of(1 / 3, -1e300), [Math.fround(1 / 3), -Infinity]],
    ['I64', BigInt64Array.of(-7n, 16_777_216n), [-7, 16_777_216]],
  ])('%s', async (dtype, data, expected) => {
    const header = JSON.stringify({ x: entry(0, data.byteLength, dtype, [expected.length]) });
    const length = BigInt64Array.of(BigInt(header.length));
    const file = await readSafetensors(new Blob([length, header, data]));
    expect([...(await file.readFloat32('x'))]).toEqual(expected);
  });

  test('but not truth values', async () => {
    const file = await readSafetensors(fileOf({ x: entry(0, 3, 'BOOL', [3]) }, 3));
    await expect(file.readFloat32('x')).rejects.toThrow(/Tensor x has the type BOOL/);
  });
});

describe('a damaged file is refused with what is wrong', () => {
  test.each<[string, Blob, RegExp]>([
    ['an empty file', new Blob([]), /not a safetensors file: it has 0 bytes/],
    [
      'a PNG',
      new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0)]),
      /not a safetensors file: its header would have \d+ bytes/,
    ],
    ['a header over the limit', fileOf({}, 0, 100_000_001n), /100000001 bytes, and at most 100000000/],
    [
      'a header that is cut',
      fileOf({}, 0, 10n),
      /cut short: its header should have 10 bytes, but the file ends after 2/,
    ],
    ['no JSON', fileOf('{"x": ', 0), /its header is damaged: /],
    [
      'bytes that are not UTF-8',
      new Blob([BigInt64Array.of(2n), Uint8Array.of(0xff, 0xfe)]),
      /its header is damaged: /,
    ],
    ['an array', fileOf([], 0), /not a JSON object/],
    ['metadata that is no object', fileOf({ __metadata__: 'pt' }, 0), /__metadata__ is not an object/],
    [
      'metadata that is no text',
      fileOf({ __metadata__: { epoch: 3 } }, 0),
      /"epoch" in its __metadata__ is not a text/,
    ],
    ['a tensor that is no object', fileOf({ x: 3 }, 0), /tensor x is not described by an object/],
    ['no dtype', fileOf({ x: { shape: [], data_offsets: [0, 4] } }, 4), /tensor x has no type/],
    ['an unknown dtype', fileOf({ x: entry(0, 4, 'F31') }, 4), /tensor x has the unknown type F31/],
    [
      'an inherited name as dtype',
      fileOf({ x: entry(0, 4, 'toString') }, 4),
      /tensor x has the unknown type toString/,
    ],
    ['a negative length', fileOf({ x: entry(0, 4, 'F32', [-1]) }, 4), /tensor x has no valid shape/],
    ['a shape that is no list', fileOf({ x: entry(0, 4, 'F32', 1) }, 4), /tensor x has no valid shape/],
    [
      'offsets that are no pair',
      fileOf({ x: { dtype: 'F32', shape: [], data_offsets: [0] } }, 4),
      /tensor x has no valid place/,
    ],
    ['offsets backwards', fileOf({ x: entry(4, 0, 'F32', [1]) }, 4), /tensor x takes -4 bytes/],
    [
      'offsets that do not fit the shape',
      fileOf({ x: entry(0, 8, 'F32', [3]) }, 8),
      /takes 8 bytes, but 3 values of type F32 need 12/,
    ],
    ['an overlap', fileOf({ x: entry(0, 8), y: entry(4, 12) }, 12), /tensor y overlaps x/],
    ['a gap', fileOf({ x: entry(0, 4), y: entry(8, 12) }, 12), /tensor y does not follow directly on x/],
    [
      'a first tensor after a gap',
      fileOf({ x: entry(4, 8) }, 8),
      /tensor x does not follow directly on the header/,
    ],
    ['data that is cut', fileOf({ x: entry(0, 400) }, 396), /cut short: it has \d+ of \d+ bytes/],
    ['data of no tensor', fileOf({ x: entry(0, 4) }, 9), /5 bytes behind its last tensor belong to none/],
    [
      'one name twice',
      fileOf(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        8,
      ),
      /tensor x does not follow directly on the header/,
    ],
  ])('%s', async (_, file, message) => {
    await expect(readSafetensors(file)).rejects.toThrow(message);
  });
});
