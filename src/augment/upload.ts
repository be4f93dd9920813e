/**
 * Puts the needed part of decoded images into one storage buffer, as packed RGBA pixels.
 *
 * Pixels are written straight from memory. A bitmap goes through a texture, as WebGPU has no copy from an
 * image to a buffer: copyExternalImageToTexture keeps the bytes (premultipliedAlpha: false), then
 * copyTextureToBuffer, whose rows must be 256 bytes apart. Several bitmaps share a layered texture, so that a
 * batch takes a few submits and not one an image.
 */
import type { PixelBox, SourceImage } from './parameters.ts';

const bytesPerPixel = 4;
const textureRowAlignmentPx = 256 / bytesPerPixel;
const textureBudgetBytes = 32 * 2 ** 20;
const mostLayers = 16;

/** How the pixels of a region come to lie in the buffer. */
export interface UploadLayout {
  /** Pixels that it takes, padding included. */
  pixels: number;
  /** Pixels from the beginning to the region's first one, and from row to row. */
  startPx: number;
  stridePx: number;
}

/** @param region part of the image, in its own pixels; not empty */
export function uploadLayout(image: SourceImage, region: PixelBox): UploadLayout {
  switch (image.kind) {
    case 'pixels':
      // Whole rows, so that one image is one write.
      return {
        pixels: region.heightPx * image.widthPx,
        startPx: region.leftPx,
        stridePx: image.widthPx,
      };
    case 'bitmap': {
      const stridePx = Math.ceil(region.widthPx / textureRowAlignmentPx) * textureRowAlignmentPx;
      return { pixels: region.heightPx * stridePx, startPx: 0, stridePx };
    }
  }
}

export interface Upload {
  image: SourceImage;
  region: PixelBox;
  /** Where the upload begins in the buffer, in pixels. */
  atPx: number;
}

type BitmapUpload = Upload & { image: { kind: 'bitmap' } };

export class SourceUploader {
  private texture: GPUTexture | null = null;

  constructor(private readonly device: GPUDevice) {}

  /**
   * Queues the copies; what is submitted afterwards sees the pixels. Bitmaps may be closed on return.
   * @param target storage buffer with COPY_DST, large enough for every upload's layout
   * @throws RangeError when a bitmap's region is larger than the device's textures
   */
  upload(target: GPUBuffer, uploads: readonly Upload[]): void {
    const bitmaps: BitmapUpload[] = [];
    for (const upload of uploads) {
      const { image, region, atPx } = upload;
      if (image.kind === 'bitmap') {
        bitmaps.push({ ...upload, image });
        continue;
      }
      const start = region.topPx * image.widthPx * bytesPerPixel;
      const bytes = region.heightPx * image.widthPx * bytesPerPixel;
      this.device.queue.writeBuffer(target, atPx * bytesPerPixel, image.rgba, start, bytes);
    }
    if (bitmaps.length > 0) this.uploadBitmaps(target, bitmaps);
  }

  destroy(): void {
    this.texture?.destroy();
    this.texture = null;
  }

  private uploadBitmaps(target: GPUBuffer, uploads: readonly BitmapUpload[]): void {
    const texture = this.textureFor(uploads);
    const layers = texture.depthOrArrayLayers;
    for (let from = 0; from < uploads.length; from += layers) {
      const encoder = this.device.createCommandEncoder({ label: 'augment: bitmap upload' });
      for (const [layer, { image, region, atPx }] of uploads.slice(from, from + layers).entries()) {
        const size = { width: region.widthPx, height: region.heightPx };
        this.device.queue.copyExternalImageToTexture(
          { source: image.bitmap, origin: { x: region.leftPx, y: region.topPx } },
          { texture, origin: { x: 0, y: 0, z: layer }, premultipliedAlpha: false },
          size,
        );
        encoder.copyTextureToBuffer(
          { texture, origin: { x: 0, y: 0, z: layer } },
          {
            buffer: target,
            offset: atPx * bytesPerPixel,
            bytesPerRow: uploadLayout(image, region).stridePx * bytesPerPixel,
          },
          size,
        );
      }
      this.device.queue.submit([encoder.finish()]);
    }
    // One large photo must not hold its memory for the rest of the run.
    if (texture.width * texture.height * bytesPerPixel > textureBudgetBytes) this.destroy();
  }

  /** A texture whose layers hold the largest region; kept from batch to batch while it is large enough. */
  private textureFor(uploads: readonly BitmapUpload[]): GPUTexture {
    let width = this.texture?.width ?? 1;
    let height = this.texture?.height ?? 1;
    for (const { region } of uploads) {
      width = Math.max(width, region.widthPx);
      height = Math.max(height, region.heightPx);
    }
    const limit = this.device.limits.maxTextureDimension2D;
    if (width > limit || height > limit) {
      throw new RangeError(
        `An image part of ${width}×${height} px is larger than this device's textures (${limit} px). Import the image with a smaller longest edge.`,
      );
    }
    if (this.texture?.width === width && this.texture.height === height) return this.texture;
    this.texture?.destroy();
    const layerBytes = width * height * bytesPerPixel;
    this.texture = this.device.createTexture({
      label: 'augment: bitmaps',
      size: {
        width,
        height,
        depthOrArrayLayers: Math.min(mostLayers, Math.max(1, Math.floor(textureBudgetBytes / layerBytes))),
      },
      format: 'rgba8unorm',
      // RENDER_ATTACHMENT: browsers draw external images into the texture.
      usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    return this.texture;
  }
}
