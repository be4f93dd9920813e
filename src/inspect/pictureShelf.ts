/** The images that were opened last, as pixels: what questions are about. */
import type { PixelImage } from '../augment/parameters.ts';
import { crc32 } from '../data/crc32.ts';
import type { DecodedImage, SampleSource } from '../data/types.ts';
import type { Applier } from './applier.ts';
import { pictureOfImage } from './picture.ts';
import type { OpenedPicture, PictureSource } from './types.ts';

/** Files are looked at no larger than an import stores them by default. */
const longestEdgePx = 512;
const keptImages = 8;

export interface ShelfPlatform {
  /** @throws Error with a message to show where these bytes are no picture */
  decode(file: Blob): Promise<DecodedImage>;
  /** @throws Error with a message to show where there is no such data set */
  openSource(datasetId: string): Promise<SampleSource>;
}

export class PictureShelf {
  private readonly images = new Map<number, PixelImage>();
  private nextId = 1;

  constructor(private readonly platform: ShelfPlatform) {}

  async open(source: PictureSource, applier: Applier): Promise<OpenedPicture> {
    switch (source.kind) {
      case 'sample':
        return await this.openSample(source, applier);
      case 'url': {
        const response = await fetch(source.url);
        if (!response.ok) {
          throw new Error(
            `The photograph ${source.url} was not found (${response.status}). Reload the page.`,
          );
        }
        return await this.openFile(await response.blob(), applier);
      }
      case 'file':
        return await this.openFile(source.file, applier);
    }
  }

  /** @throws Error where it was opened too long ago */
  image(id: number): PixelImage {
    const image = this.images.get(id);
    if (image === undefined) {
      throw new Error('This image is no longer open. Choose it again.');
    }
    return image;
  }

  private async openSample(
    { datasetId, split, index }: PictureSource & { kind: 'sample' },
    applier: Applier,
  ): Promise<OpenedPicture> {
    const source = await this.platform.openSource(datasetId);
    const count = source.labels(split).length;
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(
        `“${source.summary.name}” has ${count} images in its ${split} split: there is no image ${index}. Choose a number from 0 to ${count - 1}.`,
      );
    }
    const [decoded] = await source.decode(split, [index]);
    if (decoded === undefined) throw new Error(`Image ${index} could not be read. Choose another.`);
    const label = source.labels(split)[index] ?? 0;
    return this.keep(await applier.pixels(decoded), {
      shrunkFrom: null,
      fingerprint: null,
      sample: {
        label,
        className: source.summary.classes[label] ?? '?',
        fileName: source.fileName(split, index),
      },
    });
  }

  private async openFile(file: Blob, applier: Applier): Promise<OpenedPicture> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const fingerprint = `${crc32(bytes).toString(16).padStart(8, '0')}-${bytes.length}`;
    const image = await applier.pixels(await this.platform.decode(file));
    const { widthPx, heightPx } = image;
    const scale = longestEdgePx / Math.max(widthPx, heightPx);
    if (scale >= 1) return this.keep(image, { shrunkFrom: null, fingerprint, sample: null });
    const size = {
      widthPx: Math.max(1, Math.round(widthPx * scale)),
      heightPx: Math.max(1, Math.round(heightPx * scale)),
    };
    // By the exact resize, so that Pillow gives the same image.
    const [shrunk] = await applier.bytes([
      {
        image,
        parameters: {
          crop: { leftPx: 0, topPx: 0, widthPx, heightPx },
          resize: size,
          window: { leftPx: 0, topPx: 0, ...size },
          flipHorizontally: false,
          operation: null,
          erase: null,
        },
      },
    ]);
    if (shrunk === undefined) throw new Error('The image could not be made smaller. Choose another.');
    return this.keep(
      { kind: 'pixels', ...size, rgba: new Uint8Array(shrunk.rgba.buffer) },
      { shrunkFrom: { widthPx, heightPx }, fingerprint, sample: null },
    );
  }

  private keep(image: PixelImage, about: Omit<OpenedPicture, 'id' | 'picture'>): OpenedPicture {
    const id = this.nextId++;
    this.images.set(id, image);
    for (const known of this.images.keys()) {
      if (this.images.size <= keptImages) break;
      this.images.delete(known);
    }
    return { id, picture: pictureOfImage(image), ...about };
  }
}
