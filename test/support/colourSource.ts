/** A small data set in memory whose classes are colours: learnable in a few steps, nothing to decode. */
import type { DatasetSummary, DecodedImage, SplitName } from '../../src/data/types.ts';
import type { BrowsableSource } from '../../src/train/trainerService.ts';
import { hashUniform } from './hash.ts';

const colours = [
  [200, 40, 40],
  [40, 200, 40],
  [40, 40, 200],
] as const;

export class ColourSource implements BrowsableSource {
  readonly summary: DatasetSummary;
  private readonly labelsOf: Record<SplitName, Int32Array>;

  constructor(trainImages = 14, validationImages = 6) {
    const label = (length: number) => Int32Array.from({ length }, (_, i) => i % colours.length);
    this.labelsOf = { train: label(trainImages), validation: label(validationImages) };
    const count = (split: SplitName) =>
      colours.map((_, c) => this.labelsOf[split].filter((value) => value === c).length);
    this.summary = {
      id: 'colours',
      name: 'Colours',
      classes: ['red', 'green', 'blue'],
      trainPerClass: count('train'),
      validationPerClass: count('validation'),
      bytes: 0,
      maxEdgePx: 40,
      createdAtMs: 0,
      validationNote: '',
    };
  }

  labels(split: SplitName): Int32Array {
    return this.labelsOf[split];
  }

  fileName(split: SplitName, index: number): string {
    return `${split} ${String(index)}`;
  }

  decode(split: SplitName, indices: readonly number[]): Promise<DecodedImage[]> {
    return Promise.resolve(indices.map((index) => this.image(split, index)));
  }

  encoded(): Promise<Blob> {
    return Promise.resolve(new Blob());
  }

  close(): void {
    // Nothing is open.
  }

  private image(split: SplitName, index: number): DecodedImage {
    const [widthPx, heightPx] = [33 + (index % 3), 40];
    const colour = colours[this.labelsOf[split][index] ?? 0] ?? colours[0];
    const noise = hashUniform(widthPx * heightPx * 4, index + (split === 'train' ? 1 : 1001));
    const rgba = Uint8Array.from(noise, (u, i) => (colour[i % 4] ?? 255) + Math.floor(u * 40));
    return { kind: 'pixels', widthPx, heightPx, rgba };
  }
}
