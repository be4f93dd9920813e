/** What follows the bytes on the GPU: normalise, erase, mixup, CutMix, and the fingerprint of what comes out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchAugmenter, type BatchMixing } from '../../src/augment/batchAugmenter.ts';
import { drawTrainParameters } from '../../src/augment/draw.ts';
import type { BatchMix, PixelBox, PixelImage, SampleParameters } from '../../src/augment/parameters.ts';
import { mixReference } from '../../src/augment/reference/mix.ts';
import { tensorReference } from '../../src/augment/reference/sample.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sha256 } from './goldens.ts';
import { patternImage } from './patterns.ts';
import { readFloats } from './readFloats.ts';
import { mixGoldens, mixImages } from './sampleStageGoldens.ts';

let device: GPUDevice;
let augmenter: BatchAugmenter;

beforeAll(async () => {
  ({ device } = await createTestDevice());
  augmenter = new BatchAugmenter(device);
});
afterAll(() => {
  augmenter.destroy();
});

const sizePx = 29;
const size = { widthPx: sizePx, heightPx: sizePx };
const imageFloats = sizePx * sizePx * 3;
/** Operations that are exact on the GPU, so that what follows is compared alone. */
const exact = ['Identity', 'Solarize', 'Color', 'TranslateX', 'Equalize', 'Contrast'] as const;

interface Batch {
  images: PixelImage[];
  parameters: SampleParameters[];
}

function batchOf(count: number): Batch {
  const images = Array.from({ length: count }, (_, index) =>
    patternImage('photo', 31 + 7 * index, 60 - index, index),
  );
  const recipe = {
    trainCropSize: sizePx,
    trainScaleMin: 0.3,
    hflipProb: 0.5,
    autoAugment: null,
    randomErase: 0.6,
  };
  const parameters = images.map((image, position) => ({
    ...drawTrainParameters(recipe, { seed: 4, epoch: 0, rank: 0, position }, image.widthPx, image.heightPx),
    operation:
      position % 3 === 0
        ? null
        : { name: exact[position % exact.length] ?? 'Identity', magnitude: 0.4, bin: null },
  }));
  return { images, parameters };
}

function tensorsOf({ images, parameters }: Batch): Float32Array[] {
  return images.map((image, index) => {
    const sample = parameters[index];
    if (sample === undefined) throw new Error('an image without parameters');
    return tensorReference(image, sample);
  });
}

async function augmented(
  tested: BatchAugmenter,
  batch: Batch,
  mixing: BatchMixing | null,
): Promise<Float32Array[]> {
  const values = await readFloats(device, tested.augment(batch.images, batch.parameters, size, mixing));
  expect(values.length % imageFloats).toBe(0);
  return Array.from({ length: values.length / imageFloats }, (_, index) =>
    values.subarray(index * imageFloats, (index + 1) * imageFloats),
  );
}

/** The formula in double. */
function mixedInDouble(own: Float32Array, partner: Float32Array, mix: BatchMix): Float64Array {
  return Float64Array.from(own, (value, at) => {
    const other = partner[at] ?? Number.NaN;
    if (mix.kind === 'mixup') return mix.lambda * value + (1 - mix.lambda) * other;
    const pixel = Math.floor(at / 3);
    const x = pixel % sizePx;
    const y = Math.floor(pixel / sizePx);
    const { leftPx, topPx, widthPx, heightPx } = mix.box;
    const isPasted = x >= leftPx && x < leftPx + widthPx && y >= topPx && y < topPx + heightPx;
    return isPasted ? other : value;
  });
}

function largestDifference(actual: Float32Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce(
    (largest, value, at) => Math.max(largest, Math.abs(value - (actual[at] ?? Number.POSITIVE_INFINITY))),
    0,
  );
}

function cutmix(box: PixelBox): BatchMix {
  const lambda = 1 - (box.widthPx * box.heightPx) / (sizePx * sizePx);
  return { kind: 'cutmix', drawnLambda: lambda, box, lambda };
}

const mixes: [string, BatchMix][] = [
  ['mixup 0.3', { kind: 'mixup', lambda: 0.3 }],
  ['mixup 0', { kind: 'mixup', lambda: 0 }],
  ['mixup 1', { kind: 'mixup', lambda: 1 }],
  ['cutmix inside', cutmix({ leftPx: 3, topPx: 10, widthPx: 17, heightPx: 6 })],
  ['cutmix at the far corner', cutmix({ leftPx: 20, topPx: 28, widthPx: 9, heightPx: 1 })],
  ['cutmix everywhere', cutmix({ leftPx: 0, topPx: 0, ...size })],
  ['cutmix without columns', cutmix({ leftPx: 5, topPx: 2, widthPx: 0, heightPx: 12 })],
  ['cutmix without pixels', cutmix({ leftPx: sizePx, topPx: sizePx, widthPx: 0, heightPx: 0 })],
];

describe('erase', () => {
  it('gives the reference’s bits, zeros inside the box, with and without operations', async () => {
    const batch = batchOf(12);
    expect(batch.parameters.filter(({ erase }) => erase !== null).length).toBeGreaterThan(3);
    const values = await augmented(augmenter, batch, null);
    expect(values.map(sha256)).toEqual(tensorsOf(batch).map(sha256));
  });
});

describe('mix', () => {
  it.each(mixGoldens)('torch’s $name', async ({ mix, tensors }) => {
    const [first] = mixImages;
    if (first === undefined) throw new Error('the goldens have images');
    const box = { leftPx: 0, topPx: 0, widthPx: first.widthPx, heightPx: first.heightPx };
    const whole = {
      ...{ crop: box, resize: box, window: box },
      flipHorizontally: false,
      operation: null,
      erase: null,
    };
    const parameters = mixImages.map(() => whole);
    const mixing = { mix, outputs: mixImages.length };
    const values = await readFloats(device, augmenter.augment(mixImages, parameters, box, mixing));
    const floats = box.widthPx * box.heightPx * 3;
    const expected = mixReference(
      mixImages.map((image) => tensorReference(image, whole)),
      box.widthPx,
      box.heightPx,
      mix,
    );
    for (const [index, tensor] of expected.entries()) {
      expect(sha256(tensor)).toBe(tensors[index]);
      const actual = values.subarray(index * floats, (index + 1) * floats);
      expect(largestDifference(actual, Float64Array.from(tensor))).toBeLessThan(1e-6);
      if (mix.kind === 'cutmix') expect(sha256(actual)).toBe(tensors[index]);
    }
  });

  it.each(mixes)('%s: image i with i − 1, the first with the last, after erasing', async (_, mix) => {
    const batch = batchOf(5);
    const tensors = tensorsOf(batch);
    const values = await augmented(augmenter, batch, { mix, outputs: 5 });
    expect(values).toHaveLength(5);
    for (const [index, actual] of values.entries()) {
      const own = tensors[index];
      const partner = tensors.at(index - 1);
      if (own === undefined || partner === undefined) throw new Error('as many tensors as images');
      expect(largestDifference(actual, mixedInDouble(own, partner, mix)), `image ${index}`).toBeLessThan(
        1e-6,
      );
    }
  });

  it('micro-batches with the partner of their first image at the end are the parts of the whole batch', async () => {
    const { images, parameters } = batchOf(7);
    const mix: BatchMix = { kind: 'mixup', lambda: 0.7 };
    const whole = await augmented(augmenter, { images, parameters }, { mix, outputs: 7 });
    const part = async (from: number, to: number): Promise<Float32Array[]> => {
      const partner = (from + 6) % 7;
      const take = <Item>(all: Item[]): Item[] => [
        ...all.slice(from, to),
        ...all.slice(partner, partner + 1),
      ];
      const batch = { images: take(images), parameters: take(parameters) };
      return await augmented(augmenter, batch, { mix, outputs: to - from });
    };
    const parts = [...(await part(0, 3)), ...(await part(3, 4)), ...(await part(4, 7))];
    expect(parts.map(sha256)).toEqual(whole.map(sha256));
  });

  it.each([1, 4 * imageFloats * 3, 4 * imageFloats * 5])(
    'is the same in groups of %i bytes',
    async (groupBytes) => {
      const batch = batchOf(11);
      const grouped = new BatchAugmenter(device, groupBytes);
      for (const mixing of [
        null,
        ...mixes.map(([, mix]) => ({ mix, outputs: 11 })).filter((_, at) => at % 3 === 0),
      ]) {
        const whole = await augmented(augmenter, batch, mixing);
        expect((await augmented(grouped, batch, mixing)).map(sha256)).toEqual(whole.map(sha256));
      }
      const bytes = await augmenter.augmentToBytes(batch.images, batch.parameters, size);
      expect(await grouped.augmentToBytes(batch.images, batch.parameters, size)).toEqual(bytes);
      grouped.destroy();
    },
  );

  it('of one image mixes it with itself', async () => {
    const batch = batchOf(1);
    const [value] = await augmented(augmenter, batch, { mix: { kind: 'mixup', lambda: 0.25 }, outputs: 1 });
    const [own = new Float32Array(0)] = tensorsOf(batch);
    expect(largestDifference(value ?? new Float32Array(0), Float64Array.from(own))).toBeLessThan(1e-6);
  });

  it.each([
    [{ mix: { kind: 'mixup', lambda: 1.5 }, outputs: 2 }, /λ of mixup is 1\.5, but must be from 0 to 1/],
    [{ mix: { kind: 'mixup', lambda: Number.NaN }, outputs: 2 }, /λ of mixup is NaN/],
    [{ mix: { kind: 'mixup', lambda: 0.5 }, outputs: 3 }, /Mixing 2 images into 3/],
    [{ mix: { kind: 'mixup', lambda: 0.5 }, outputs: 0 }, /Mixing 2 images into 0/],
    [
      { mix: cutmix({ leftPx: 20, topPx: 0, widthPx: 10, heightPx: 4 }), outputs: 2 },
      /box of CutMix, 10×4 px at \(20, 0\).* inside the output of 29×29 px/,
    ],
    [{ mix: cutmix({ leftPx: -1, topPx: 0, widthPx: 4, heightPx: 4 }), outputs: 2 }, /at \(-1, 0\)/],
  ] satisfies [BatchMixing, RegExp][])('refuses %j', (mixing, message) => {
    const { images, parameters } = batchOf(2);
    expect(() => augmenter.augment(images, parameters, size, mixing)).toThrow(message);
  });
});

describe('fingerprint', () => {
  const words = Uint32Array.from({ length: 10_007 }, (_, index) => (index % 3 === 0 ? 0 : index * 77_777));

  async function fingerprintOf(values: Uint32Array<ArrayBuffer>): Promise<string> {
    const buffer = device.createBuffer({
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, values);
    const result = augmenter.fingerprint(buffer);
    buffer.destroy();
    return await result;
  }

  function changed(change: (values: Uint32Array) => void): Uint32Array<ArrayBuffer> {
    const copy = words.slice();
    change(copy);
    return copy;
  }

  it('is the same each time, and does not depend on the workgroups’ order', async () => {
    const first = await fingerprintOf(words);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await fingerprintOf(words)).toBe(first);
  });

  it('differs where one bit changes, words are swapped or zeros added', async () => {
    const variants = [
      words,
      ...[0, 5003, 10_006].flatMap((at) =>
        [0, 13, 31].map((bit) => changed((values) => (values[at] = (values[at] ?? 0) ^ (1 << bit)))),
      ),
      changed((values) => ([values[1], values[2]] = [values[2] ?? 0, values[1] ?? 0])),
      changed((values) => ([values[4], values[8003]] = [values[8003] ?? 0, values[4] ?? 0])),
      words.subarray(0, 10_005),
      Uint32Array.of(...words, 0),
    ];
    const all = await Promise.all(variants.map(fingerprintOf));
    expect(new Set(all).size).toBe(variants.length);
    // Both halves tell them apart.
    expect(new Set(all.map((one) => one.slice(0, 8))).size).toBe(variants.length);
    expect(new Set(all.map((one) => one.slice(8))).size).toBe(variants.length);
  });

  it('of a batch is that of the batch made again, and of no other mix', async () => {
    const { images, parameters } = batchOf(4);
    const fingerprints = await Promise.all(
      [0.5, 0.5, 0.25].map(async (lambda) => {
        const mixing: BatchMixing = { mix: { kind: 'mixup', lambda }, outputs: 4 };
        const buffer = augmenter.augment(images, parameters, size, mixing);
        const result = augmenter.fingerprint(buffer);
        buffer.destroy();
        return await result;
      }),
    );
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(fingerprints[2]).not.toBe(fingerprints[0]);
  });
});
