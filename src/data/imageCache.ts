/**
 * Decodes an image once for all the batches that share it: with repeated augmentation the ranks of a step do (R = 8,
 * k = 4: ranks 0 to 3 see the same images), and one rank sees its images several times in a row.
 *
 * Images in use are kept whatever they take; others, the least recently used first, give way to a bound in bytes.
 */
import { closeImages } from './indexedDbSource.ts';
import type { DecodedImage, SampleSource, SplitName } from './types.ts';

/** The images of a batch, in its order; shared, so read only until `release`, and never closed by who has them. */
export interface ImageLease {
  images: DecodedImage[];
  /** To be called once. */
  release(): void;
}

interface Entry {
  image: Promise<DecodedImage>;
  /** Null until it is decoded. */
  decoded: DecodedImage | null;
  users: number;
}

export class ImageCache {
  /** By sample, the least recently released first. */
  private readonly entries = new Map<number, Entry>();
  private heldBytes = 0;

  /** @param budgetBytes bound on decoded pixels that no batch uses */
  constructor(
    private readonly source: SampleSource,
    private readonly split: SplitName,
    private budgetBytes: number,
  ) {}

  /**
   * The images of these samples; one that comes twice is one image. Rejects as the source's decode, and keeps
   * nothing of a decoding that failed.
   */
  async take(indices: readonly number[]): Promise<ImageLease> {
    const wanted = [...new Set(indices)];
    this.decodeMissing(wanted.filter((index) => !this.entries.has(index)));
    const held = new Map(wanted.map((index) => [index, this.entry(index)]));
    for (const entry of held.values()) entry.users++;
    const release = () => {
      for (const [index, entry] of held) this.leave(index, entry);
      this.evict();
    };
    try {
      await Promise.all([...held.values()].map(({ image }) => image));
    } catch (error) {
      // The others may still be decoding: they are freed when they are there.
      await Promise.allSettled([...held.values()].map(({ image }) => image));
      release();
      throw error;
    }
    const images = indices.map((index) => {
      const image = held.get(index)?.decoded;
      if (image == null) throw new Error(`Sample ${index} was not decoded.`);
      return image;
    });
    return { images, release };
  }

  /** Closes what no batch uses, now and from now on. */
  close(): void {
    this.budgetBytes = 0;
    this.evict();
  }

  private decodeMissing(missing: readonly number[]): void {
    if (missing.length === 0) return;
    const decoding = this.source.decode(this.split, missing);
    missing.forEach((index, i) => {
      const entry: Entry = { image: decoding.then((images) => imageAt(images, i)), decoded: null, users: 0 };
      this.entries.set(index, entry);
      entry.image.then(
        (image) => {
          entry.decoded = image;
          this.heldBytes += bytesOf(image);
        },
        () => {
          // Another try may succeed.
          if (this.entries.get(index) === entry) this.entries.delete(index);
        },
      );
    });
  }

  private entry(index: number): Entry {
    const entry = this.entries.get(index);
    if (entry === undefined) throw new Error(`Sample ${index} is not being decoded.`);
    return entry;
  }

  private leave(index: number, entry: Entry): void {
    entry.users--;
    if (this.entries.get(index) !== entry) return;
    this.entries.delete(index);
    this.entries.set(index, entry);
  }

  private evict(): void {
    for (const [index, { users, decoded }] of this.entries) {
      if (this.heldBytes <= this.budgetBytes) return;
      if (users > 0 || decoded === null) continue;
      this.entries.delete(index);
      this.heldBytes -= bytesOf(decoded);
      closeImages([decoded]);
    }
  }
}

function imageAt(images: readonly DecodedImage[], i: number): DecodedImage {
  const image = images[i];
  if (image === undefined) throw new Error(`Only ${images.length} images were decoded.`);
  return image;
}

function bytesOf({ widthPx, heightPx }: DecodedImage): number {
  return widthPx * heightPx * 4;
}
