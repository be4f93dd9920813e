/** The inspector of the fake workers: the real one, on the page's own thread and the processor, with drawn data. */
import { drawBatchMix, drawTrainParameters, mixedTargets } from '../../../src/augment/draw.ts';
import { CpuApplier } from '../../../src/inspect/cpuApplier.ts';
import { Inspector } from '../../../src/inspect/inspector.ts';
import type { StepBatch, StepQuestion } from '../../../src/protocol.ts';
import type { DecodedImage, SampleSource } from '../../../src/data/types.ts';
import { demoDataset, drawPicture } from './fakeData.ts';

/** What training recorded for this step; the fakes of trainer and inspector agree on it but for step 13. */
export function fakeFingerprint(step: number): string {
  return (BigInt(step) * 0x9e3779b97f4a7c15n).toString(16).padStart(16, '0').slice(-16);
}

const applier = new CpuApplier('this is a test', readBitmap);

export function createFakeInspector(): Inspector {
  return new Inspector({
    openApplier: () => Promise.resolve(applier),
    decode,
    openSource: () => Promise.resolve(fakeSource),
    rebuildStep,
  });
}

function readBitmap(bitmap: ImageBitmap): Uint8Array {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser has no 2D canvas.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Uint8Array(context.getImageData(0, 0, canvas.width, canvas.height).data);
}

async function decode(file: Blob): Promise<DecodedImage> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is not a picture this browser can read. Use a JPEG, PNG or WebP.');
  });
  return { kind: 'bitmap', widthPx: bitmap.width, heightPx: bitmap.height, bitmap };
}

const classCount = demoDataset.classes.length;

const fakeSource: SampleSource = {
  summary: demoDataset,
  labels: (split) =>
    Int32Array.from({ length: split === 'train' ? 2654 : 690 }, (_, index) => index % classCount),
  fileName: (split, index) => `${split}/${demoDataset.classes[index % classCount] ?? ''}/${index}.webp`,
  decode: (_split, indices) =>
    Promise.all(indices.map(async (index) => decode(await drawPicture(index % classCount, index)))),
  close: () => undefined,
};

/** One rank's batch, drawn as training draws it from the images in stored order. */
async function rebuildStep({ recipe, step }: StepQuestion, rank: number): Promise<StepBatch> {
  const count = Math.min(recipe.batchSize, 32);
  const indices = Array.from({ length: count }, (_, i) => ((step - 1) * count + i * 7) % 2654);
  const decoded = await fakeSource.decode('train', indices);
  const images = await Promise.all(decoded.map((image) => applier.pixels(image)));
  const key = { seed: recipe.seed, epoch: 0, rank };
  const mix = drawBatchMix(recipe, { ...key, step: step - 1 }, recipe.trainCropSize);
  const jobs = images.map((image, position) => ({
    image,
    parameters: drawTrainParameters(recipe, { ...key, position }, image.widthPx, image.heightPx),
  }));
  const pictures = await applier.tensors(
    jobs.map((job, i) => {
      const partner = jobs.at(i - 1);
      return { ...job, mixed: mix === null || partner === undefined ? null : { partner, mix } };
    }),
  );
  const labels = indices.map((index) => index % classCount);
  const targets = mixedTargets(labels, labels.at(-1) ?? 0, classCount, mix);
  return {
    epoch: 0,
    stepInEpoch: step - 1,
    stepsPerEpoch: 83,
    ranks: recipe.worldSize,
    rank,
    mix,
    fingerprint: step === 13 ? '0000000000000000' : fakeFingerprint(step),
    samples: jobs.flatMap(({ parameters }, i) => {
      const [picture, index, label] = [pictures[i], indices[i], labels[i]];
      if (picture === undefined || index === undefined || label === undefined) return [];
      const row = [...targets.subarray(i * classCount, (i + 1) * classCount)];
      return [
        {
          index,
          fileName: fakeSource.fileName('train', index),
          label,
          parameters,
          targets: row
            .map((share, classIndex) => ({ classIndex, share }))
            .filter(({ share }) => share > 0)
            .sort((a, b) => b.share - a.share),
          picture,
        },
      ];
    }),
  };
}
