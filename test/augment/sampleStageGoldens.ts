/** Reads test/goldens/sample-stages.json (made by scripts/goldens/sample_stages.py). */
import { readFileSync } from 'node:fs';
import type { BatchMix, PixelBox, PixelImage, SampleParameters } from '../../src/augment/parameters.ts';
import type { PixelOperation } from '../../src/augment/trivialAugment.ts';
import { patternImage, type PatternName } from './patterns.ts';

type Box = [leftPx: number, topPx: number, widthPx: number, heightPx: number];

interface PatternEntry {
  pattern: PatternName;
  width: number;
  height: number;
  seed: number;
}

interface SampleEntry extends PatternEntry {
  crop: Box;
  resize: [widthPx: number, heightPx: number];
  flip: boolean;
  operation: [name: PixelOperation['name'], magnitude: number, bin: number | null] | null;
  erase: Box | null;
  source: string;
  rgb: string;
  tensor: string;
}

type MixEntry = ({ kind: 'mixup'; lam: number } | { kind: 'cutmix'; box: Box }) & { tensors: string[] };

interface GoldenFile {
  samples: SampleEntry[];
  mixImages: PatternEntry[];
  mixes: MixEntry[];
}

const file = JSON.parse(
  readFileSync(new URL('../goldens/sample-stages.json', import.meta.url), 'utf8'),
) as GoldenFile;

export interface SampleStageGolden {
  name: string;
  image: PixelImage;
  parameters: SampleParameters;
  /** SHA-256 of the source's RGB bytes, the output's before it is normalised, and the float32 values. */
  source: string;
  rgb: string;
  tensor: string;
}

export const sampleStageGoldens: SampleStageGolden[] = file.samples.map((entry) => {
  const { pattern, width, height, crop, resize, flip, operation, erase, source, rgb, tensor } = entry;
  const [widthPx, heightPx] = resize;
  return {
    name: `${pattern} ${width}×${height} → ${widthPx}×${heightPx}, ${operation?.[0] ?? 'no operation'}`,
    image: imageOf(entry),
    parameters: {
      crop: boxOf(crop),
      resize: { widthPx, heightPx },
      window: { leftPx: 0, topPx: 0, widthPx, heightPx },
      flipHorizontally: flip,
      operation:
        operation === null ? null : { name: operation[0], magnitude: operation[1], bin: operation[2] },
      erase: erase === null ? null : boxOf(erase),
    },
    source,
    rgb,
    tensor,
  };
});

/** The images of each mixed batch, unchanged but for normalisation. */
export const mixImages: PixelImage[] = file.mixImages.map(imageOf);

/** A mix of those images, and the SHA-256 of each resulting tensor. */
export const mixGoldens: { name: string; mix: BatchMix; tensors: string[] }[] = file.mixes.map((entry) => {
  if (entry.kind === 'mixup') {
    const { lam: lambda, tensors } = entry;
    return { name: `mixup, λ = ${lambda}`, mix: { kind: 'mixup', lambda }, tensors };
  }
  const box = boxOf(entry.box);
  // The box is given: what it was drawn from does not matter to the pixels.
  const lambda = 1 - (box.widthPx * box.heightPx) / (20 * 14);
  return {
    name: `cutmix, box ${entry.box.join(' ')}`,
    mix: { kind: 'cutmix', drawnLambda: lambda, box, lambda },
    tensors: entry.tensors,
  };
});

function imageOf({ pattern, width, height, seed }: PatternEntry): PixelImage {
  return patternImage(pattern, width, height, seed);
}

function boxOf([leftPx, topPx, widthPx, heightPx]: Box): PixelBox {
  return { leftPx, topPx, widthPx, heightPx };
}
