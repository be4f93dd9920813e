/** `tabtrain augment`: PNG in, PNG out, against the goldens of torchvision, on the CPU reference and on the GPU. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { augment } from '../../cli/augment.ts';
import type { PixelImage } from '../../src/augment/parameters.ts';
import { caseImage, goldens as resizeGoldens, sha256 } from '../augment/goldens.ts';
import { patternImage } from '../augment/patterns.ts';
import { readPixelOperationGoldens } from '../augment/pixelOperationGoldens.ts';

const folder = await mkdtemp(join(tmpdir(), 'tabtrain-augment-'));
const inPath = join(folder, 'in.png');
const outPath = join(folder, 'out.png');

afterEach(() => vi.restoreAllMocks());

async function savePng({ widthPx, heightPx, rgba }: PixelImage): Promise<void> {
  await sharp(rgba, { raw: { width: widthPx, height: heightPx, channels: 4 } })
    .png()
    .toFile(inPath);
}

async function run(...args: string[]) {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  const code = await augment(['--image', inPath, '--out', outPath, ...args]);
  vi.restoreAllMocks();
  return { code, ...printed };
}

async function outPixels(): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(await readFile(outPath))
      .removeAlpha()
      .raw()
      .toBuffer(),
  );
}

describe.each(['cpu', 'gpu'])('tabtrain augment --device %s', (device) => {
  it('has torchvision’s pixels for operations', async () => {
    const golden = readPixelOperationGoldens().find(({ name }) => name === 'noise 23×17, everyBin');
    if (golden === undefined) throw new Error('The golden of 23×17 px is missing.');
    await savePng(golden.image);
    for (const [name, bin] of [
      ['Rotate', 10],
      ['TranslateX', 9],
      ['Posterize', 20],
      ['Equalize', null],
    ] as const) {
      const wanted = golden.cases.filter(({ operation }) => operation.name === name && operation.bin === bin);
      expect(wanted.length).toBeGreaterThan(0);
      for (const { operation, expected } of wanted) {
        const magnitude = bin === null ? [] : ['--magnitude', String(operation.magnitude)];
        const { code, stdout, stderr } = await run('--op', name, ...magnitude, '--device', device);
        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ op: name });
        const pixels = await outPixels();
        const most = pixels.reduce(
          (worst, byte, at) => Math.max(worst, Math.abs(byte - (expected[at] ?? 999))),
          0,
        );
        expect(pixels).toHaveLength(expected.length);
        // Kernels without doubles may be off by one in a few bytes of a rotation: how many, their own tests say.
        expect(most, `${name} ${operation.magnitude}`).toBeLessThanOrEqual(
          device === 'gpu' && name === 'Rotate' ? 1 : 0,
        );
      }
    }
  });

  it('has torchvision’s pixels for crops and for validation', async () => {
    const crop = resizeGoldens.cases.find(
      ({ width, flip, size }) => width === 61 && size !== undefined && !flip,
    );
    const val = resizeGoldens.cases.find(
      ({ width, valCropSize }) => width === 61 && valCropSize !== undefined,
    );
    if (crop?.crop === undefined || val === undefined) throw new Error('The goldens of 61 px are missing.');
    const [left, top, width, height] = crop.crop;
    await savePng(caseImage(crop));
    const params = [top, left, height, width, crop.size ?? 0].join(',');
    await run('--op', 'RandomResizedCrop', '--params', params, '--device', device);
    expect(sha256(await outPixels())).toBe(crop.rgb);

    await savePng(caseImage(val));
    const sizes = ['--resize', String(val.valResizeSize), '--crop', String(val.valCropSize)];
    await run('val', ...sizes, '--device', device);
    expect(sha256(await outPixels())).toBe(val.rgb);
  });

  it('erases to the mean colour, and draws the same with the same seed', async () => {
    const image = patternImage('noise', 20, 30, 1);
    await savePng(image);
    const first = await run('--op', 'RandomErasing', '--seed', '7', '--device', device);
    const pixels = await outPixels();
    const { params } = JSON.parse(first.stdout) as { params: [number, number, number, number] };
    const [i, j, h, w] = params;
    expect([...pixels.subarray((i * 20 + j) * 3, (i * 20 + j) * 3 + 3)]).toEqual([124, 116, 104]);
    const outside = pixels.filter(
      (byte, at) => byte !== image.rgba[Math.floor(at / 3) * 4 + (at % 3)],
    ).length;
    expect(outside).toBeGreaterThan(h * w * 2);
    expect(outside).toBeLessThanOrEqual(h * w * 3);
    await run('--op', 'RandomErasing', '--params', params.join(','), '--device', device);
    expect(await outPixels()).toEqual(pixels);
  });
});

describe('tabtrain augment', () => {
  it.each([
    [['--op', 'Rotate'], /Rotate needs --magnitude, or --seed N/],
    [['--op', 'Spin'], /--op Spin: there is no such step\. Use one of Identity/],
    [['--op', 'Rotate', '--magnitude', 'x'], /--magnitude x: must be a number/],
    [['--op', 'Posterize', '--magnitude', '2.5'], /Posterize is 2\.5.*whole number from 0 to 8/],
    [['--op', 'RandomErasing', '--params', '0,0,5,50'], /erased box of 50×5 px .* not inside/],
    [['--op', 'RandomResizedCrop', '--params', '0,0,5'], /must be whole numbers i,j,h,w,size/],
    [['--op', 'Equalize', '--magnitude', '1'], /Equalize has no --magnitude/],
    [['--op', 'Rotate', '--seed', '1', '--magnitude', '1'], /--seed draws what --magnitude gives/],
    [['--op', 'Identity', '--device', 'tpu'], /--device tpu: use gpu or cpu/],
    [['--op', 'Identity', '--verbose'], /verbose/],
  ])('%j ends with 2 and says why', async (args, message) => {
    await savePng(patternImage('noise', 9, 9, 1));
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('ends with 1 where the image is not a PNG', async () => {
    await writeFile(inPath, 'no image');
    const { code, stderr } = await run('--op', 'Identity');
    expect(code).toBe(1);
    expect(stderr).toMatch(/in\.png is not a PNG/);
  });

  it('drops alpha, clips grey of 16 bits, takes negative magnitudes as they are written', async () => {
    const grey = Uint16Array.of(0, 100, 255, 256, 40_000, 65_535);
    await sharp(grey, { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(inPath);
    await run('--op', 'Identity', '--device', 'cpu');
    const red = (await outPixels()).filter((_, at) => at % 3 === 0);
    expect([...red]).toEqual([0, 100, 255, 255, 255, 255]);
    const { stdout } = await run('--op', 'Rotate', '--magnitude', '-45', '--device', 'cpu');
    expect(JSON.parse(stdout)).toEqual({ op: 'Rotate', magnitude: -45 });
  });
});
