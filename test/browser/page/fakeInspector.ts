/** The inspector of the fake workers: the real one, on the page's own thread and the processor, with drawn data. */
import { drawBatchMix, drawTrainParameters, mixedTargets } from '../../../src/augment/draw.ts';
import { decodePicture, readBitmap } from '../../../src/inspect/browserPicture.ts';
import { CpuApplier } from '../../../src/inspect/cpuApplier.ts';
import { Inspector } from '../../../src/inspect/inspector.ts';
import type { StepBatch, StepQuestion } from '../../../src/protocol.ts';
import type { SampleSource } from '../../../src/data/types.ts';
import { demoDataset, drawPicture } from './fakeData.ts';

const applier = new CpuApplier('this is a test', readBitmap);

class FakeInspector extends Inspector {
  override stepBatch(question: StepQuestion, rank: number): Promise<StepBatch> {
    return rebuildStep(question, rank);
  }
}

export function createFakeInspector(): Inspector {
  return new FakeInspector({
    requestDevice: () => Promise.reject(new Error('This is a test.')),
    readBitmap,
    decode: decodePicture,
    openSource: () => Promise.resolve(fakeSource),
  });
}

const classCount = demoDataset.classes.length;

const fakeSource: SampleSource = {
  summary: demoDataset,
  labels: (split) =>
    Int32Array.from({ length: split === 'train' ? 2654 : 690 }, (_, index) => index % classCount),
  fileName: (split, index) => `${split}/${demoDataset.classes[index % classCount] ?? ''}/${index}.webp`,
  decode: (_split, indices) =>
    Promise.all(indices.map(async (index) => decodePicture(await drawPicture(index % classCount, index)))),
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
    // What the fake trainer records, but for one step.
    fingerprint: (step === 13 ? 0 : step).toString(16).padStart(16, '0'),
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
