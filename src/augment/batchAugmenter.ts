/**
 * Applies drawn parameters to a batch of decoded images on the GPU: crop, resize, flip, operation, normalise, erase
 * and mix, with the bytes of Pillow and the float32 bits of torchvision.
 *
 * A batch takes a few dispatches over all its images, whatever their sizes: horizontal pass → vertical pass →
 * statistics → operations → finish, of which those are left out that no image needs. Nothing is awaited: work is
 * queued and submitted before a call returns, so whatever is submitted later to the same queue sees the result.
 */
import { AugmentPipelines, type AugmentPass } from './augmentPipelines.ts';
import { autoContrastCorrections } from './autoContrastCorrections.ts';
import {
  outputBytesPerPixel,
  planGroups,
  TableCache,
  type BatchGroup,
  type OutputPlan,
  type OutputSize,
} from './batchLayout.ts';
import { BufferFingerprint } from './fingerprint.ts';
import { GrowingBuffer } from './growingBuffer.ts';
import { settingsBytes, settingsData, workgroupEdge } from './kernels/imageRecord.ts';
import { normaliseTable } from './normalise.ts';
import type { BatchMix, PixelBox, SampleParameters, SourceImage } from './parameters.ts';
import { SourceUploader } from './upload.ts';

/** How a batch is mixed, of which its first `outputs` images come out. */
export interface BatchMixing {
  mix: BatchMix;
  /**
   * At most the number of images. Image i is mixed with image i − 1, the first with the LAST: so a micro-batch is
   * given one image more, the partner of its first.
   */
  outputs: number;
}

/** What core WebGPU lets a shader bind at once; also bounds the memory the augmenter keeps. */
const defaultGroupBytes = 128 * 2 ** 20;

export class BatchAugmenter {
  private readonly uploader: SourceUploader;
  private readonly cache = new TableCache();
  private readonly pipelines: AugmentPipelines;
  private readonly fingerprints: BufferFingerprint;
  private readonly source: GrowingBuffer;
  private readonly between: GrowingBuffer;
  private readonly pixels: GrowingBuffer;
  private readonly records: GrowingBuffer;
  private readonly tables: GrowingBuffer;
  private readonly settings: GPUBuffer;
  private readonly normalised: GPUBuffer;
  private corrections: GPUBuffer | null = null;
  private tableStaging = new Int32Array(0);

  /** @param groupBytes bound on each of its buffers; a batch that needs more is done in several groups */
  constructor(
    private readonly device: GPUDevice,
    private readonly groupBytes = Math.min(defaultGroupBytes, device.limits.maxStorageBufferBindingSize),
  ) {
    this.uploader = new SourceUploader(device);
    this.pipelines = new AugmentPipelines(device);
    this.fingerprints = new BufferFingerprint(device);
    this.source = new GrowingBuffer(device, 'augment: source pixels');
    this.between = new GrowingBuffer(device, 'augment: pixels between the passes');
    this.pixels = new GrowingBuffer(device, 'augment: pixels before and after the operation');
    this.records = new GrowingBuffer(device, 'augment: image records');
    this.tables = new GrowingBuffer(device, 'augment: tables');
    this.settings = device.createBuffer({
      label: 'augment: settings',
      size: settingsBytes,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.normalised = this.constant('augment: normalised values', normaliseTable());
  }

  /**
   * A new buffer with the batch as the network sees it, float32 [outputs, height, width, 3], usage STORAGE |
   * COPY_SRC | COPY_DST, of exactly that size. The caller owns it. Images may be released on return.
   * @param parameters one for each image, with windows of the output's size
   * @param mixing null: every image comes out, unmixed
   * @throws RangeError when the parameters do not fit the images, or an image is too large for the device
   */
  augment(
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    size: OutputSize,
    mixing: BatchMixing | null = null,
  ): GPUBuffer {
    const output = outputPlan(images, size, mixing);
    const groups = this.plan(images, parameters, output);
    const buffer = this.device.createBuffer({
      label: 'augmented batch',
      size: outputBytes(output),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.run(buffer, groups, output, mixing);
    return buffer;
  }

  /**
   * The same into a buffer that is there: usage STORAGE, exactly outputs · height · width · 3 · 4 bytes.
   * @throws RangeError as augment, and when the buffer has another size
   */
  augmentInto(
    buffer: GPUBuffer,
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    size: OutputSize,
    mixing: BatchMixing | null = null,
  ): void {
    const output = outputPlan(images, size, mixing);
    const bytes = outputBytes(output);
    if (buffer.size !== bytes) {
      throw new RangeError(
        `The output buffer has ${buffer.size} bytes, but ${output.outputs} images of ${size.widthPx}×${size.heightPx} px take ${bytes}. Make it for this batch and size.`,
      );
    }
    this.run(buffer, this.plan(images, parameters, output), output, mixing);
  }

  /**
   * The images before they are normalised, erased and mixed, read back: RGBA bytes, opaque,
   * [batch, height, width, 4].
   * @throws RangeError as augment
   */
  async augmentToBytes(
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    size: OutputSize,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const output: OutputPlan = { kind: 'bytes', size, outputs: images.length, mixed: false };
    const groups = this.plan(images, parameters, output);
    const readable = this.device.createBuffer({
      label: 'augmented bytes to read',
      size: outputBytes(output),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      this.run(readable, groups, output, null);
      await readable.mapAsync(GPUMapMode.READ);
      return new Uint8ClampedArray(readable.getMappedRange().slice(0));
    } finally {
      readable.destroy();
    }
  }

  /**
   * A 64-bit hash of a buffer's bits and their places, as 16 hexadecimal digits; the same on every device. Queued
   * before the call returns.
   * @param buffer usage STORAGE, such as augment's
   */
  async fingerprint(buffer: GPUBuffer): Promise<string> {
    return await this.fingerprints.of(buffer);
  }

  /** Frees the GPU memory; batches already submitted are still computed. */
  destroy(): void {
    this.uploader.destroy();
    for (const buffer of [this.source, this.between, this.pixels, this.records, this.tables])
      buffer.destroy();
    this.settings.destroy();
    this.normalised.destroy();
    this.corrections?.destroy();
  }

  private constant(label: string, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.device.createBuffer({
      label,
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  private plan(
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    output: OutputPlan,
  ): BatchGroup[] {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    const bindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    return planGroups(images, parameters, output, { groupBytes: this.groupBytes, bindingBytes }, this.cache);
  }

  /** @param target for bytes one to copy into, else the output */
  private run(
    target: GPUBuffer,
    groups: readonly BatchGroup[],
    { size, kind }: OutputPlan,
    mixing: BatchMixing | null,
  ): void {
    this.device.queue.writeBuffer(this.settings, 0, settingsData({ ...size, ...mixSettings(mixing) }));
    const finish = mixing?.mix.kind === 'mixup' ? 'finish, blended' : 'finish, pasted';
    for (const group of groups) this.runGroup(target, group, size, kind === 'bytes' ? 'copy' : finish);
  }

  private runGroup(
    target: GPUBuffer,
    group: BatchGroup,
    { widthPx, heightPx }: OutputSize,
    last: 'copy' | 'finish, pasted' | 'finish, blended',
  ): void {
    const { device, settings, normalised } = this;
    const source = this.source.atLeast(group.sourceBytes);
    const between = this.between.atLeast(group.betweenBytes);
    const records = this.records.atLeast(group.records.byteLength);
    const tables = this.tables.atLeast(group.tableInts * 4);
    this.uploader.upload(source, group.uploads);
    device.queue.writeBuffer(records, 0, group.records);
    this.writeTables(tables, group);

    const encoder = device.createCommandEncoder({ label: 'augment' });
    const pass = encoder.beginComputePass({ label: 'augment' });
    const { imageCount } = group;
    const dispatch = (
      name: AugmentPass,
      bindings: readonly (GPUBuffer | GPUBufferBinding | null)[],
      across: number,
      down: number,
    ): void => {
      const pipeline = this.pipelines.get(name);
      const entries = bindings.flatMap((bound, binding) => {
        if (bound === null) return [];
        return [{ binding, resource: 'buffer' in bound ? bound : { buffer: bound } }];
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(across, down, imageCount);
    };
    const across = Math.ceil(widthPx / workgroupEdge);
    const down = Math.ceil(heightPx / workgroupEdge);
    const shared = [settings, records, tables];
    const output = { buffer: target, offset: group.outputOffsetBytes, size: group.outputBytes };

    const rowsDown = Math.ceil(group.mostRows / workgroupEdge);
    dispatch('horizontal pass', [...shared, source, between], across, rowsDown);
    if (group.direct) {
      dispatch('vertical pass, normalised', [...shared, between, output, normalised], across, down);
    } else {
      const pixels = this.pixels.atLeast(group.pixelsBytes);
      dispatch('vertical pass, bytes', [...shared, between, pixels], across, down);
      if (group.hasStatistics) {
        this.corrections ??= this.constant('augment: AutoContrast corrections', autoContrastCorrections());
        dispatch('statistics', [...shared, pixels, this.corrections], 1, 1);
      }
      if (group.hasOperations) dispatch('operations', [...shared, pixels], across, down);
      if (last !== 'copy') {
        dispatch(last, [settings, records, null, pixels, output, normalised], across, down);
      }
    }
    pass.end();
    if (last === 'copy') {
      const bytes = imageCount * widthPx * heightPx * outputBytesPerPixel.bytes;
      encoder.copyBufferToBuffer(this.pixels.atLeast(bytes), 0, target, group.outputStartBytes, bytes);
    }
    device.queue.submit([encoder.finish()]);
  }

  private writeTables(buffer: GPUBuffer, group: BatchGroup): void {
    if (this.tableStaging.length < group.tableInts) this.tableStaging = new Int32Array(group.tableInts);
    for (const { start, entries } of group.tables) this.tableStaging.set(entries, start);
    this.device.queue.writeBuffer(buffer, 0, this.tableStaging, 0, group.tableInts);
  }
}

/** @throws RangeError when the mixing does not fit the batch */
function outputPlan(
  images: readonly SourceImage[],
  size: OutputSize,
  mixing: BatchMixing | null,
): OutputPlan {
  if (mixing === null) return { kind: 'normalised', size, outputs: images.length, mixed: false };
  const { mix, outputs } = mixing;
  if (!Number.isInteger(outputs) || outputs < 1 || outputs > images.length) {
    throw new RangeError(
      `Mixing ${images.length} images into ${outputs}: there must be at least one, and no more than images.`,
    );
  }
  if (!(mix.lambda >= 0 && mix.lambda <= 1)) {
    throw new RangeError(`The λ of ${mix.kind} is ${mix.lambda}, but must be from 0 to 1.`);
  }
  if (mix.kind === 'cutmix') requirePasteBox(mix.box, size);
  return { kind: 'normalised', size, outputs, mixed: true };
}

/** @throws RangeError unless the box has whole numbers and is inside, or empty at its edge */
function requirePasteBox(box: PixelBox, { widthPx, heightPx }: OutputSize): void {
  const { leftPx, topPx, widthPx: acrossPx, heightPx: downPx } = box;
  const edges = [leftPx, topPx, acrossPx, downPx];
  const isInside = leftPx + acrossPx <= widthPx && topPx + downPx <= heightPx;
  if (!isInside || !edges.every((edge) => Number.isInteger(edge) && edge >= 0)) {
    throw new RangeError(
      `The box of CutMix, ${acrossPx}×${downPx} px at (${leftPx}, ${topPx}), must have whole numbers and lie inside the output of ${widthPx}×${heightPx} px. Draw it for this size.`,
    );
  }
}

const nothingMixed = {
  ownShare: 1,
  partnerShare: 0,
  pasteLeft: 0,
  pasteTop: 0,
  pasteRight: 0,
  pasteBottom: 0,
};

function mixSettings(mixing: BatchMixing | null): typeof nothingMixed {
  if (mixing === null) return nothingMixed;
  const { mix } = mixing;
  if (mix.kind === 'mixup') return { ...nothingMixed, ownShare: mix.lambda, partnerShare: 1 - mix.lambda };
  const { leftPx, topPx, widthPx, heightPx } = mix.box;
  return {
    ...nothingMixed,
    ...{ pasteLeft: leftPx, pasteTop: topPx, pasteRight: leftPx + widthPx, pasteBottom: topPx + heightPx },
  };
}

function outputBytes({ kind, size, outputs }: OutputPlan): number {
  return outputs * size.widthPx * size.heightPx * outputBytesPerPixel[kind];
}
