/** The GPU kernels: the bytes of torchvision and Pillow, and of the CPU reference on random shapes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchAugmenter } from '../../src/augment/batchAugmenter.ts';
import type { OutputSize } from '../../src/augment/batchLayout.ts';
import { drawTrainParameters, validationParameters } from '../../src/augment/draw.ts';
import { normalise } from '../../src/augment/normalise.ts';
import type { PixelImage, SampleParameters } from '../../src/augment/parameters.ts';
import { resizeReference } from '../../src/augment/pilResize.ts';
import { createTestDevice } from '../support/gpu.ts';
import { caseImage, caseName, caseParameters, goldens, sha256 } from './goldens.ts';
import { hashUint32, patternImage, withoutAlpha } from './patterns.ts';
import { readFloats } from './readFloats.ts';

let device: GPUDevice;
let augmenter: BatchAugmenter;

beforeAll(async () => {
  ({ device } = await createTestDevice());
  augmenter = new BatchAugmenter(device);
});
afterAll(() => {
  augmenter.destroy();
});

describe('BatchAugmenter against torchvision and Pillow', () => {
  const prepared = goldens.cases.map((golden) => ({
    golden,
    image: caseImage(golden),
    parameters: caseParameters(golden),
  }));
  const sizes = [...new Set(prepared.map(({ parameters }) => parameters.window.widthPx))];

  // One batch mixes all source sizes, crops, resizes and flips that lead to one output size.
  it.each(sizes)('gives identical bytes and normalised bits at %i px', async (outputPx) => {
    const batch = prepared.filter(({ parameters }) => parameters.window.widthPx === outputPx);
    expect(batch.length).toBeGreaterThan(0);
    const images = batch.map(({ image }) => image);
    const parameters = batch.map((one) => one.parameters);

    const bytes = await augmenter.augmentToBytes(images, parameters, square(outputPx));
    const floats = await readFloats(device, augmenter.augment(images, parameters, square(outputPx)));
    const pixels = outputPx * outputPx;
    for (const [index, { golden }] of batch.entries()) {
      const rgba = new Uint8Array(bytes.buffer, index * pixels * 4, pixels * 4);
      expect(sha256(withoutAlpha(rgba)), caseName(golden)).toBe(golden.rgb);
      expect(rgba[3]).toBe(255);
      const values = floats.subarray(index * pixels * 3, (index + 1) * pixels * 3);
      expect(sha256(values), `${caseName(golden)}, normalised`).toBe(golden.normalised);
    }
  });
});

describe('BatchAugmenter against the CPU reference', () => {
  it('agrees on random sizes, with training and validation parameters in one batch', async () => {
    for (const [round, outputPx] of [8, 33, 64, 97].entries()) {
      const { images, parameters } = randomBatch(24, outputPx, round);
      await expectReference(augmenter, images, parameters, outputPx);
    }
  });

  it('agrees when a batch is split into groups at places that are not aligned', async () => {
    // Two or three images of 37 px a group; 37² · 12 bytes is no multiple of 256.
    const small = new BatchAugmenter(device, 37 * 37 * 12 * 3 + 256);
    const { images, parameters } = randomBatch(17, 37, 9, 60);
    await expectReference(small, images, parameters, 37);
    small.destroy();
  });

  it('gives an image that exceeds the group’s bound a group of its own', async () => {
    const tiny = new BatchAugmenter(device, 1024);
    const { images, parameters } = randomBatch(3, 16, 5, 60);
    await expectReference(tiny, images, parameters, 16);
    tiny.destroy();
  });

  it('agrees when batches of other sizes went before', async () => {
    const reused = new BatchAugmenter(device);
    for (const [round, [count, outputPx]] of (
      [
        [2, 16],
        [9, 48],
        [1, 8],
        [5, 40],
      ] as const
    ).entries()) {
      const { images, parameters } = randomBatch(count, outputPx, 20 + round);
      await expectReference(reused, images, parameters, outputPx);
    }
    reused.destroy();
  });

  it('writes into a buffer of the caller, and only the whole of it', async () => {
    const { images, parameters } = randomBatch(3, 20, 30);
    const buffer = device.createBuffer({
      size: 3 * 20 * 20 * 12,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    augmenter.augmentInto(buffer, images, parameters, square(20));
    const expected = images.flatMap((image, index) => {
      const sample = parameters[index];
      return sample === undefined ? [] : [...normalise(resizeReference(image, sample))];
    });
    expect(sha256(await readFloats(device, buffer))).toBe(sha256(new Float32Array(expected)));
  });
});

describe('BatchAugmenter with input that does not fit', () => {
  const image = patternImage('noise', 10, 10, 1);
  const parameters = validationParameters({ valResizeSize: 10, valCropSize: 8 }, 10, 10);

  it('refuses a batch without images', () => {
    expect(() => augmenter.augment([], [], square(8))).toThrow(/at least one image/);
  });

  it('refuses images without their parameters', () => {
    expect(() => augmenter.augment([image, image], [parameters], square(8))).toThrow(/2 images with 1 sets/);
  });

  it('refuses parameters of another output size', () => {
    expect(() => augmenter.augment([image], [parameters], square(16))).toThrow(
      /output of 8×8 px .* batch of 16×16 px/,
    );
  });

  it('refuses parameters of a larger image', () => {
    const smaller = patternImage('noise', 9, 10, 1);
    expect(() => augmenter.augment([smaller], [parameters], square(8))).toThrow(
      /crop 10×10 .* image of 9×10/,
    );
  });

  it('refuses a window that shows nothing of the image', () => {
    const outside = { ...parameters, window: { leftPx: 10, topPx: 0, widthPx: 8, heightPx: 8 } };
    expect(() => augmenter.augment([image], [outside], square(8))).toThrow(
      /shows nothing of the resized image/,
    );
  });

  it('refuses an output buffer of another size', () => {
    const buffer = device.createBuffer({ size: 1024, usage: GPUBufferUsage.STORAGE });
    expect(() => augmenter.augmentInto(buffer, [image], [parameters], square(8))).toThrow(
      /1024 bytes.* take 768/,
    );
    buffer.destroy();
  });
});

function square(sizePx: number): OutputSize {
  return { widthPx: sizePx, heightPx: sizePx };
}

function randomBatch(
  count: number,
  outputPx: number,
  seed: number,
  largestPx = 300,
): { images: PixelImage[]; parameters: SampleParameters[] } {
  const images: PixelImage[] = [];
  const parameters: SampleParameters[] = [];
  for (let index = 0; index < count; index++) {
    const draw = (salt: number): number => hashUint32(seed * 100_003 + index * 101 + salt);
    const widthPx = 1 + (draw(1) % largestPx);
    const heightPx = 1 + (draw(2) % (draw(3) % 4 === 0 ? 9 : largestPx));
    images.push(patternImage(index % 2 === 0 ? 'noise' : 'edges', widthPx, heightPx, draw(4) % 1000));
    parameters.push(
      draw(5) % 3 === 0
        ? validationParameters(
            { valResizeSize: 1 + (draw(6) % (outputPx * 2)), valCropSize: outputPx },
            widthPx,
            heightPx,
          )
        : drawTrainParameters(
            {
              trainCropSize: outputPx,
              trainScaleMin: 0.08,
              hflipProb: 0.5,
              autoAugment: null,
              randomErase: 0,
            },
            { seed, epoch: 0, rank: 0, position: index },
            widthPx,
            heightPx,
          ),
    );
  }
  return { images, parameters };
}

async function expectReference(
  tested: BatchAugmenter,
  images: PixelImage[],
  parameters: SampleParameters[],
  outputPx: number,
): Promise<void> {
  const floats = await readFloats(device, tested.augment(images, parameters, square(outputPx)));
  const bytes = await tested.augmentToBytes(images, parameters, square(outputPx));
  const pixels = outputPx * outputPx;
  for (const [index, image] of images.entries()) {
    const sample = parameters[index];
    if (sample === undefined) throw new Error('an image without parameters');
    const what = `image ${index}, ${image.widthPx}×${image.heightPx}, ${JSON.stringify(sample)}`;
    const rgb = resizeReference(image, sample);
    const rgba = new Uint8Array(bytes.buffer, index * pixels * 4, pixels * 4);
    expect(Buffer.compare(withoutAlpha(rgba), rgb), what).toBe(0);
    const values = floats.subarray(index * pixels * 3, (index + 1) * pixels * 3);
    expect(sha256(values), `${what}, normalised`).toBe(sha256(normalise(rgb)));
  }
}
