import { describe, expect, it } from 'vitest';
import { requestEngineDevice } from '../../src/engine/device.ts';
import { dawn } from '../../cli/dawn.ts';
import { Inspector } from '../../src/inspect/inspector.ts';
import { pictureOfImage, pictureOfRgb, pictureOfTensor } from '../../src/inspect/picture.ts';
import type { DrawQuestion } from '../../src/inspect/types.ts';
import { normalise } from '../../src/augment/normalise.ts';
import { presets } from '../../src/recipe/presets.ts';
import { patternImage } from '../augment/patterns.ts';
import { ColourSource } from '../support/colourSource.ts';

const settings = { ...presets.reference.recipe, trainCropSize: 40, randomErase: 0.5 };

/** Files are named by what they hold: the size of a noisy image. */
function inspector(where: 'gpu' | 'cpu'): Inspector {
  return new Inspector({
    requestDevice: () =>
      where === 'gpu' ? requestEngineDevice(dawn()) : Promise.reject(new Error('There is no WebGPU here.')),
    readBitmap: () => new Uint8Array(),
    decode: async (file) => {
      const [widthPx = 1, heightPx = 1] = (await file.text()).split('×').map(Number);
      return patternImage('photo', widthPx, heightPx, widthPx);
    },
    openSource: () => Promise.resolve(new ColourSource(10, 3)),
  });
}

async function openPair(inspected: Inspector): Promise<DrawQuestion> {
  const own = await inspected.open({ kind: 'file', file: new Blob(['90×70']) });
  const partner = await inspected.open({ kind: 'file', file: new Blob(['61×43']) });
  return { pictureId: own.id, partnerId: partner.id, settings, seed: 11 };
}

describe('Inspector', () => {
  it('shows on the processor what it shows on the GPU, draw for draw and stage for stage', async () => {
    const [gpu, cpu] = [inspector('gpu'), inspector('cpu')];
    const [onGpu, onCpu] = [await openPair(gpu), await openPair(cpu)];
    expect((await gpu.device()).kind).toBe('gpu');
    expect(await cpu.device()).toEqual({ kind: 'cpu', description: 'There is no WebGPU here.' });
    const [drawnOnGpu, drawnOnCpu] = [await gpu.draws(onGpu, 3, 20), await cpu.draws(onCpu, 3, 20)];
    expect(drawnOnCpu.map(({ parameters, mix }) => ({ parameters, mix }))).toEqual(
      drawnOnGpu.map(({ parameters, mix }) => ({ parameters, mix })),
    );
    for (const [i, { picture }] of drawnOnGpu.entries()) {
      // Mixing rounds differently in the last bits of a float: a byte may fall on the other side.
      const other = drawnOnCpu[i]?.picture.rgba ?? [];
      expect(picture.rgba.every((byte, at) => Math.abs(byte - (other[at] ?? NaN)) <= 1)).toBe(true);
    }
    const [stagesOnGpu, stagesOnCpu] = [await gpu.stages(onGpu, 5), await cpu.stages(onCpu, 5)];
    for (const stage of ['resized', 'flipped', 'operated', 'erased'] as const) {
      expect(stagesOnCpu[stage], stage).toEqual(stagesOnGpu[stage]);
    }
    expect(stagesOnGpu.final).toEqual((await gpu.draws(onGpu, 5, 1))[0]?.picture);
  });

  it('draws the same for a seed and position, whatever the grid begins with', async () => {
    const inspected = inspector('cpu');
    const question = await openPair(inspected);
    const grid = await inspected.draws(question, 0, 6);
    expect(await inspected.draws(question, 4, 2)).toEqual(grid.slice(4));
    expect(await inspected.draws({ ...question, seed: 12 }, 4, 2)).not.toEqual(grid.slice(4));
  });

  it('looks at a large file as an import stores it, and tells its fingerprint', async () => {
    const opened = await inspector('cpu').open({ kind: 'file', file: new Blob(['1024×300']) });
    expect(opened.picture).toMatchObject({ widthPx: 512, heightPx: 150 });
    expect(opened.shrunkFrom).toEqual({ widthPx: 1024, heightPx: 300 });
    // CRC-32 of the file's nine bytes (× takes two) by Python’s zlib.
    expect(opened.fingerprint).toBe('ab097402-9');
  });

  it('opens samples, and says which there are', async () => {
    const inspected = inspector('cpu');
    const sample = { kind: 'sample', datasetId: 'any', split: 'validation' } as const;
    expect((await inspected.open({ ...sample, index: 1 })).sample?.fileName).toMatch(/./);
    await expect(inspected.open({ ...sample, index: 30_000 })).rejects.toThrow(/there is no image 30000/);
  });

  it('forgets images that were opened long ago', async () => {
    const inspected = inspector('cpu');
    const question = await openPair(inspected);
    for (let i = 0; i < 8; i++) await inspected.open({ kind: 'file', file: new Blob(['4×4']) });
    await expect(inspected.draws(question, 0, 1)).rejects.toThrow(/no longer open/);
  });

  it('does not rebuild batches without the kernels that trained them', async () => {
    const question = { recipe: presets['quick-start'].recipe, datasetId: 'any', step: 1 };
    await expect(inspector('cpu').stepBatch(question, 0)).rejects.toThrow(/no WebGPU/);
  });
});

describe('pictures', () => {
  it('take a normalisation back to the very bytes', () => {
    const rgb = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
    expect(pictureOfTensor(normalise(rgb), 16, 16)).toEqual(pictureOfRgb(rgb, 16, 16));
  });

  it('are opaque, whatever the image’s alpha', () => {
    const { rgba } = pictureOfImage(patternImage('noise', 5, 3, 1));
    expect(rgba.filter((_, at) => at % 4 === 3)).toEqual(new Uint8ClampedArray(15).fill(255));
  });
});
