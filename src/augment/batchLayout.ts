/**
 * Where everything of a batch lies in the shared buffers: which part of each image is uploaded, its tables, its
 * place between the passes and in the output. Pure; batchAugmenter.ts carries it out.
 *
 * A batch that is too large for one binding becomes several groups, which run one after the other. Where a batch is
 * mixed, a group has the partners of its images too, so that groups need nothing of each other.
 */
import { groupRecords, type GroupTable, type PlacedImage } from './groupRecords.ts';
import { OperationPlanner } from './operationTables.ts';
import { requireApplicable, type PixelBox, type SampleParameters, type SourceImage } from './parameters.ts';
import { axisTable, type AxisTable } from './pilResize.ts';
import { uploadLayout, type Upload } from './upload.ts';

const wordBytes = 4;
/** The largest minStorageBufferOffsetAlignment that WebGPU allows a device to have. */
const bindingAlignmentBytes = 256;
/** Sums over an image's pixels stay in 32 bits. */
const mostOutputPixels = 2 ** 23;

export interface OutputSize {
  widthPx: number;
  heightPx: number;
}

export type OutputKind =
  /** float32 [outputs, height, width, 3] */
  | 'normalised'
  /** RGBA bytes [outputs, height, width, 4], opaque, before normalisation */
  | 'bytes';

export const outputBytesPerPixel = { normalised: 12, bytes: 4 } as const satisfies Record<OutputKind, number>;

/** What comes out of a batch. */
export interface OutputPlan {
  kind: OutputKind;
  size: OutputSize;
  /** Image i is the i-th of the batch. */
  outputs: number;
  /** Image i is mixed with i − 1, the first with the last of the batch, which need not be an output itself. */
  mixed: boolean;
}

export interface BatchGroup {
  imageCount: number;
  uploads: Upload[];
  sourceBytes: number;
  betweenBytes: number;
  /** Largest number of uploaded rows of one image: the height of the first dispatch. */
  mostRows: number;
  /** Written by writeRecord, recordInts an image. */
  records: Uint32Array<ArrayBuffer>;
  /** Distinct tables; between them is room for those that the GPU makes. */
  tables: GroupTable[];
  tableInts: number;
  /** Pixels after the operation, of all images, then before it, of those that have one; 0 where it is direct. */
  pixelsBytes: number;
  /** The resize writes the normalised output, since nothing else happens. */
  direct: boolean;
  hasStatistics: boolean;
  hasOperations: boolean;
  /** Where this group's output begins, and a binding that holds it. */
  outputStartBytes: number;
  outputOffsetBytes: number;
  outputBytes: number;
}

/** Tables by what they are made from: random crops of one data set meet the same few hundred again and again. */
export class TableCache {
  private readonly tables = new Map<string, AxisTable>();
  readonly operations = new OperationPlanner();

  axis(inPx: number, outPx: number, windowFirst: number, windowPx: number): AxisTable {
    const key = `${inPx} ${outPx} ${windowFirst} ${windowPx}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      // A bound on memory only; a data set with more sizes than this just computes some again.
      if (this.tables.size >= 2048) this.tables.clear();
      table = axisTable(inPx, outPx, windowFirst, windowPx);
      this.tables.set(key, table);
    }
    return table;
  }
}

export interface GroupLimits {
  /** A group is closed before one of its buffers passes this. */
  groupBytes: number;
  /** What one image may take at most. */
  bindingBytes: number;
}

/**
 * @throws RangeError for a batch without images, parameters that do not fit, an image larger than a binding
 */
export function planGroups(
  images: readonly SourceImage[],
  parameters: readonly SampleParameters[],
  output: OutputPlan,
  limits: GroupLimits,
  cache: TableCache,
): BatchGroup[] {
  if (images.length === 0 || images.length !== parameters.length) {
    throw new RangeError(
      `Augmenting ${images.length} images with ${parameters.length} sets of parameters: there must be one for each, and at least one image.`,
    );
  }
  const { widthPx, heightPx } = output.size;
  if (!(widthPx * heightPx <= mostOutputPixels)) {
    throw new RangeError(
      `An output of ${widthPx}×${heightPx} px has more than ${mostOutputPixels} pixels. Choose a smaller one.`,
    );
  }
  const outputImageBytes = widthPx * heightPx * outputBytesPerPixel[output.kind];
  const placed = images.flatMap((image, index) => {
    const sample = parameters[index];
    if (sample === undefined) return [];
    const one = placeImage(image, sample, output.size, cache);
    if (Math.max(one.sourceBytes, one.betweenBytes, outputImageBytes) > limits.bindingBytes) {
      throw new RangeError(
        `Image ${index} of the batch (${image.widthPx}×${image.heightPx} px) is too large for this device’s buffers of ${limits.bindingBytes} bytes. Import the images with a smaller longest edge.`,
      );
    }
    return [one];
  });
  const isPlain = placed.every(({ operation, erase }) => operation === null && erase === null);
  const direct = output.kind === 'normalised' && !output.mixed && isPlain;
  const groups: BatchGroup[] = [];
  let current = new GroupBuilder(0, direct, output);
  for (let index = 0; index < output.outputs; index++) {
    const own = placed[index];
    const partner = output.mixed ? placed.at(index - 1) : own;
    if (own === undefined || partner === undefined) break;
    if (!current.hasRoomFor(own, partner, limits.groupBytes)) {
      groups.push(current.finish());
      current = new GroupBuilder(index, direct, output);
    }
    current.add(own, partner);
  }
  groups.push(current.finish());
  return groups;
}

function placeImage(
  image: SourceImage,
  sample: SampleParameters,
  size: OutputSize,
  cache: TableCache,
): PlacedImage {
  requireApplicable(image, sample);
  const { crop, resize, window, flipHorizontally: flip, erase } = sample;
  const { widthPx, heightPx } = size;
  if (window.widthPx !== widthPx || window.heightPx !== heightPx) {
    throw new RangeError(
      `Parameters for an output of ${window.widthPx}×${window.heightPx} px were given to a batch of ${widthPx}×${heightPx} px images. Draw them with the recipe that the batch is for.`,
    );
  }
  const columns = cache.axis(crop.widthPx, resize.widthPx, window.leftPx, widthPx);
  const rows = cache.axis(crop.heightPx, resize.heightPx, window.topPx, heightPx);
  const region: PixelBox = {
    leftPx: crop.leftPx + columns.sourceFirst,
    topPx: crop.topPx + rows.sourceFirst,
    widthPx: columns.sourceCount,
    heightPx: rows.sourceCount,
  };
  return {
    ...{ image, region, columns, rows, flip, erase },
    operation: cache.operations.plan(sample.operation, widthPx, heightPx),
    sourceBytes: uploadLayout(image, region).pixels * wordBytes,
    betweenBytes: rows.sourceCount * widthPx * wordBytes,
  };
}

class GroupBuilder {
  /** Each image once, with the index of its record. */
  private readonly placed = new Map<PlacedImage, number>();
  private readonly pairs: { own: PlacedImage; partner: PlacedImage }[] = [];
  private sourceBytes = 0;
  private betweenBytes = 0;
  private pixelsBytes = 0;
  private readonly imagePixels: number;
  private readonly outputImageBytes: number;
  private readonly outputStartBytes: number;

  constructor(
    firstOutput: number,
    private readonly direct: boolean,
    { size, kind }: OutputPlan,
  ) {
    this.imagePixels = size.widthPx * size.heightPx;
    this.outputImageBytes = this.imagePixels * outputBytesPerPixel[kind];
    this.outputStartBytes = firstOutput * this.outputImageBytes;
  }

  /** A group takes one output, with its partner, whatever they need. */
  hasRoomFor(own: PlacedImage, partner: PlacedImage, groupBytes: number): boolean {
    if (this.pairs.length === 0) return true;
    let { sourceBytes, betweenBytes, pixelsBytes } = this;
    for (const next of new Set([own, partner])) {
      if (this.placed.has(next)) continue;
      sourceBytes += next.sourceBytes;
      betweenBytes += next.betweenBytes;
      pixelsBytes += this.pixelsBytesOf(next);
    }
    const outputBytes = (this.pairs.length + 1) * this.outputImageBytes + bindingAlignmentBytes;
    return Math.max(sourceBytes, betweenBytes, pixelsBytes, outputBytes) <= groupBytes;
  }

  add(own: PlacedImage, partner: PlacedImage): void {
    // The first output's partner comes last in the batch, so outputs keep their order among the records.
    for (const next of [own, partner]) {
      if (this.placed.has(next)) continue;
      this.placed.set(next, this.placed.size);
      this.sourceBytes += next.sourceBytes;
      this.betweenBytes += next.betweenBytes;
      this.pixelsBytes += this.pixelsBytesOf(next);
    }
    this.pairs.push({ own, partner });
  }

  finish(): BatchGroup {
    const outputOffsetBytes =
      Math.floor(this.outputStartBytes / bindingAlignmentBytes) * bindingAlignmentBytes;
    const outputLeadBytes = this.outputStartBytes - outputOffsetBytes;
    const images = [...this.placed.keys()];
    return {
      imageCount: images.length,
      sourceBytes: this.sourceBytes,
      betweenBytes: this.betweenBytes,
      pixelsBytes: this.pixelsBytes,
      direct: this.direct,
      hasStatistics: images.some(({ operation }) => operation !== null && operation.statistics !== 0),
      hasOperations: images.some(({ operation }) => operation !== null),
      outputStartBytes: this.outputStartBytes,
      outputOffsetBytes,
      outputBytes: outputLeadBytes + this.pairs.length * this.outputImageBytes,
      mostRows: Math.max(...images.map(({ region }) => region.heightPx)),
      ...groupRecords(this.placed, this.pairs, {
        direct: this.direct,
        imagePixels: this.imagePixels,
        outputLead: outputLeadBytes / wordBytes,
      }),
    };
  }

  private pixelsBytesOf({ operation }: PlacedImage): number {
    if (this.direct) return 0;
    return this.imagePixels * wordBytes * (operation === null ? 1 : 2);
  }
}
