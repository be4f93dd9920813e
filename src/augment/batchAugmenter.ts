/**
 * Applies drawn parameters to a batch of decoded images on the GPU: crop, resize, flip and normalise, with
 * the bytes of Pillow and the float32 bits of torchvision.
 *
 * A batch takes two dispatches (horizontal and vertical pass over all images), whatever the images' sizes.
 * Nothing is awaited: work is queued and submitted before a call returns, so whatever is submitted later to
 * the same queue sees the result.
 */
import { AxisTableCache, planGroups, type BatchGroup } from './batchLayout.ts';
import { horizontalPassKernel } from './kernels/horizontalPass.ts';
import { workgroupEdge } from './kernels/imageRecord.ts';
import { outputBytesPerPixel, verticalPassKernel, type OutputKind } from './kernels/verticalPass.ts';
import { normaliseTable } from './normalise.ts';
import type { SampleParameters, SourceImage } from './parameters.ts';
import { SourceUploader } from './upload.ts';

/** A storage buffer that grows and is reused. */
class GrowingBuffer {
  private buffer: GPUBuffer | null = null;

  constructor(
    private readonly device: GPUDevice,
    private readonly label: string,
  ) {}

  /** A buffer of at least this size; what an earlier, smaller one held is lost. */
  atLeast(bytes: number): GPUBuffer {
    if (this.buffer !== null && this.buffer.size >= bytes) return this.buffer;
    this.buffer?.destroy();
    this.buffer = this.device.createBuffer({
      label: this.label,
      size: Math.ceil(bytes / 4) * 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    return this.buffer;
  }

  destroy(): void {
    this.buffer?.destroy();
    this.buffer = null;
  }
}

interface Target {
  kind: OutputKind;
  buffer: GPUBuffer;
}

/** What core WebGPU lets a shader bind at once; also bounds the memory the augmenter keeps. */
const defaultGroupBytes = 128 * 2 ** 20;

export class BatchAugmenter {
  private readonly uploader: SourceUploader;
  private readonly cache = new AxisTableCache();
  private readonly horizontalPass: GPUComputePipeline;
  private readonly verticalPass: Record<OutputKind, GPUComputePipeline>;
  private readonly source: GrowingBuffer;
  private readonly between: GrowingBuffer;
  private readonly records: GrowingBuffer;
  private readonly tables: GrowingBuffer;
  private readonly sizes: GPUBuffer;
  private readonly normalised: GPUBuffer;
  private tableStaging = new Int32Array(0);

  /** @param groupBytes bound on each of its buffers; a batch that needs more is done in several groups */
  constructor(
    private readonly device: GPUDevice,
    private readonly groupBytes = Math.min(defaultGroupBytes, device.limits.maxStorageBufferBindingSize),
  ) {
    this.uploader = new SourceUploader(device);
    this.horizontalPass = this.createPipeline('augment: horizontal pass', horizontalPassKernel);
    this.verticalPass = {
      normalised: this.createPipeline('augment: vertical pass, normalised', verticalPassKernel('normalised')),
      bytes: this.createPipeline('augment: vertical pass, bytes', verticalPassKernel('bytes')),
    };
    this.source = new GrowingBuffer(device, 'augment: source pixels');
    this.between = new GrowingBuffer(device, 'augment: pixels between the passes');
    this.records = new GrowingBuffer(device, 'augment: image records');
    this.tables = new GrowingBuffer(device, 'augment: resize tables');
    this.sizes = device.createBuffer({
      label: 'augment: sizes',
      size: 16,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const table = normaliseTable();
    this.normalised = device.createBuffer({
      label: 'augment: normalised values',
      size: table.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(this.normalised, 0, table);
  }

  /**
   * A new buffer with the normalised batch, float32 [batch, outputPx, outputPx, 3], usage STORAGE | COPY_SRC |
   * COPY_DST, of exactly that size. The caller owns it. Images may be released on return.
   * @param parameters one for each image, with windows of outputPx
   * @throws RangeError when the parameters do not fit the images, or an image is too large for the device
   */
  augment(
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    outputPx: number,
  ): GPUBuffer {
    const groups = this.plan('normalised', images, parameters, outputPx);
    const buffer = this.device.createBuffer({
      label: 'augmented batch',
      size: outputBytes('normalised', images.length, outputPx),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.run({ kind: 'normalised', buffer }, groups, outputPx);
    return buffer;
  }

  /**
   * The same into a buffer that is there: usage STORAGE, exactly batch · outputPx² · 3 · 4 bytes.
   * @throws RangeError as augment, and when the buffer has another size
   */
  augmentInto(
    buffer: GPUBuffer,
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    outputPx: number,
  ): void {
    const bytes = outputBytes('normalised', images.length, outputPx);
    if (buffer.size !== bytes) {
      throw new RangeError(
        `The output buffer has ${buffer.size} bytes, but ${images.length} images of ${outputPx} px take ${bytes}. Make it for this batch and size.`,
      );
    }
    this.run({ kind: 'normalised', buffer }, this.plan('normalised', images, parameters, outputPx), outputPx);
  }

  /**
   * What the network sees before it is normalised, read back: RGBA bytes, opaque,
   * [batch, outputPx, outputPx, 4].
   * @throws RangeError as augment
   */
  async augmentToBytes(
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    outputPx: number,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const groups = this.plan('bytes', images, parameters, outputPx);
    const size = outputBytes('bytes', images.length, outputPx);
    const buffer = this.device.createBuffer({
      label: 'augmented bytes',
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    const readable = this.device.createBuffer({
      label: 'augmented bytes to read',
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      this.run({ kind: 'bytes', buffer }, groups, outputPx);
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, readable, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      return new Uint8ClampedArray(readable.getMappedRange().slice(0));
    } finally {
      buffer.destroy();
      readable.destroy();
    }
  }

  /** Frees the GPU memory; batches already submitted are still computed. */
  destroy(): void {
    this.uploader.destroy();
    for (const buffer of [this.source, this.between, this.records, this.tables]) buffer.destroy();
    this.sizes.destroy();
    this.normalised.destroy();
  }

  private createPipeline(label: string, code: string): GPUComputePipeline {
    const module = this.device.createShaderModule({ label, code });
    return this.device.createComputePipeline({ label, layout: 'auto', compute: { module } });
  }

  private plan(
    kind: OutputKind,
    images: readonly SourceImage[],
    parameters: readonly SampleParameters[],
    outputPx: number,
  ): BatchGroup[] {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    const bindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    const limits = { groupBytes: this.groupBytes, bindingBytes };
    return planGroups(images, parameters, outputPx, outputBytesPerPixel[kind], limits, this.cache);
  }

  private run(target: Target, groups: readonly BatchGroup[], outputPx: number): void {
    this.device.queue.writeBuffer(this.sizes, 0, new Uint32Array([outputPx, 0, 0, 0]));
    for (const group of groups) this.runGroup(target, group, outputPx);
  }

  private runGroup(target: Target, group: BatchGroup, outputPx: number): void {
    const { device } = this;
    const source = this.source.atLeast(group.sourceBytes);
    const between = this.between.atLeast(group.betweenBytes);
    const records = this.records.atLeast(group.records.byteLength);
    const tables = this.tables.atLeast(group.tableInts * 4);
    this.uploader.upload(source, group.uploads);
    device.queue.writeBuffer(records, 0, group.records);
    this.writeTables(tables, group);

    const shared = [this.sizes, records, tables].map((buffer) => ({ buffer }));
    const output = { buffer: target.buffer, offset: group.outputOffsetBytes, size: group.outputBytes };
    const constants = target.kind === 'normalised' ? [{ buffer: this.normalised }] : [];
    const across = Math.ceil(outputPx / workgroupEdge);
    const rowsAcross = Math.ceil(group.mostRows / workgroupEdge);

    const encoder = device.createCommandEncoder({ label: 'augment' });
    const pass = encoder.beginComputePass({ label: 'augment' });
    const dispatch = (pipeline: GPUComputePipeline, bindings: GPUBufferBinding[], rows: number): void => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(
        0,
        device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: bindings.map((resource, binding) => ({ binding, resource })),
        }),
      );
      pass.dispatchWorkgroups(across, rows, group.imageCount);
    };
    dispatch(this.horizontalPass, [...shared, { buffer: source }, { buffer: between }], rowsAcross);
    dispatch(this.verticalPass[target.kind], [...shared, { buffer: between }, output, ...constants], across);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  private writeTables(buffer: GPUBuffer, group: BatchGroup): void {
    if (this.tableStaging.length < group.tableInts) this.tableStaging = new Int32Array(group.tableInts);
    let at = 0;
    for (const { entries } of group.tables) {
      this.tableStaging.set(entries, at);
      at += entries.length;
    }
    this.device.queue.writeBuffer(buffer, 0, this.tableStaging, 0, group.tableInts);
  }
}

function outputBytes(kind: OutputKind, images: number, outputPx: number): number {
  return images * outputPx * outputPx * outputBytesPerPixel[kind];
}
