/**
 * Where everything of a batch lies in the shared buffers: which part of each image is uploaded, its axis
 * tables, its place between the passes and in the output. Pure; batchAugmenter.ts carries it out.
 *
 * A batch that is too large for one binding becomes several groups, which run one after the other.
 */
import { writeRecord, recordInts } from './kernels/imageRecord.ts';
import { requireApplicable, type PixelBox, type SampleParameters, type SourceImage } from './parameters.ts';
import { axisTable, type AxisTable } from './pilResize.ts';
import { uploadLayout, type Upload } from './upload.ts';

const wordBytes = 4;
/** The largest minStorageBufferOffsetAlignment that WebGPU allows a device to have. */
const bindingAlignmentBytes = 256;

export interface BatchGroup {
  imageCount: number;
  uploads: Upload[];
  sourceBytes: number;
  betweenBytes: number;
  /** Largest number of uploaded rows of one image: the height of the first dispatch. */
  mostRows: number;
  /** Written by writeRecord, recordInts an image. */
  records: Uint32Array<ArrayBuffer>;
  /** Distinct tables, one behind the other. */
  tables: AxisTable[];
  tableInts: number;
  /** The part of the output that this group writes. */
  outputOffsetBytes: number;
  outputBytes: number;
}

/** Tables by their sizes: random crops of one data set meet the same few hundred again and again. */
export class AxisTableCache {
  private readonly tables = new Map<string, AxisTable>();

  get(inPx: number, outPx: number, windowFirst: number, windowPx: number): AxisTable {
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
 * @param outputPx edge of every output image; each window must have it
 * @param outputPixelBytes bytes of an output pixel, a multiple of 4
 * @throws RangeError for a batch without images, parameters that do not fit, an image larger than a binding
 */
export function planGroups(
  images: readonly SourceImage[],
  parameters: readonly SampleParameters[],
  outputPx: number,
  outputPixelBytes: number,
  limits: GroupLimits,
  cache: AxisTableCache,
): BatchGroup[] {
  if (images.length === 0 || images.length !== parameters.length) {
    throw new RangeError(
      `Augmenting ${images.length} images with ${parameters.length} sets of parameters: there must be one for each, and at least one image.`,
    );
  }
  const outputImageBytes = outputPx * outputPx * outputPixelBytes;
  const groups: BatchGroup[] = [];
  let current: GroupBuilder | null = null;
  for (const [index, image] of images.entries()) {
    const sample = parameters[index];
    if (sample === undefined) break;
    const placed = placeImage(image, sample, outputPx, cache);
    if (Math.max(placed.sourceBytes, placed.betweenBytes, outputImageBytes) > limits.bindingBytes) {
      throw new RangeError(
        `Image ${index} of the batch (${image.widthPx}×${image.heightPx} px) is too large for this device’s buffers of ${limits.bindingBytes} bytes. Import the images with a smaller longest edge.`,
      );
    }
    if (current === null || !current.hasRoomFor(placed, limits.groupBytes)) {
      if (current !== null) groups.push(current.finish());
      current = new GroupBuilder(index * outputImageBytes, outputImageBytes);
    }
    current.add(placed);
  }
  if (current !== null) groups.push(current.finish());
  return groups;
}

interface PlacedImage {
  image: SourceImage;
  region: PixelBox;
  columns: AxisTable;
  rows: AxisTable;
  flip: boolean;
  outputPx: number;
  sourceBytes: number;
  betweenBytes: number;
}

function placeImage(
  image: SourceImage,
  sample: SampleParameters,
  outputPx: number,
  cache: AxisTableCache,
): PlacedImage {
  requireApplicable(image, sample);
  const { crop, resize, window, flipHorizontally: flip } = sample;
  if (window.widthPx !== outputPx || window.heightPx !== outputPx) {
    throw new RangeError(
      `Parameters for an output of ${window.widthPx}×${window.heightPx} px were given to a batch of ${outputPx} px images. Draw them with the recipe that the batch is for.`,
    );
  }
  const columns = cache.get(crop.widthPx, resize.widthPx, window.leftPx, outputPx);
  const rows = cache.get(crop.heightPx, resize.heightPx, window.topPx, outputPx);
  const region: PixelBox = {
    leftPx: crop.leftPx + columns.sourceFirst,
    topPx: crop.topPx + rows.sourceFirst,
    widthPx: columns.sourceCount,
    heightPx: rows.sourceCount,
  };
  return {
    image,
    region,
    columns,
    rows,
    flip,
    outputPx,
    sourceBytes: uploadLayout(image, region).pixels * wordBytes,
    betweenBytes: rows.sourceCount * outputPx * wordBytes,
  };
}

class GroupBuilder {
  private readonly placed: PlacedImage[] = [];
  private sourceBytes = 0;
  private betweenBytes = 0;

  constructor(
    private readonly outputStartBytes: number,
    private readonly outputImageBytes: number,
  ) {}

  hasRoomFor(next: PlacedImage, groupBytes: number): boolean {
    return (
      this.sourceBytes + next.sourceBytes <= groupBytes &&
      this.betweenBytes + next.betweenBytes <= groupBytes &&
      (this.placed.length + 1) * this.outputImageBytes + bindingAlignmentBytes <= groupBytes
    );
  }

  add(next: PlacedImage): void {
    this.placed.push(next);
    this.sourceBytes += next.sourceBytes;
    this.betweenBytes += next.betweenBytes;
  }

  finish(): BatchGroup {
    const imageCount = this.placed.length;
    const outputOffsetBytes =
      Math.floor(this.outputStartBytes / bindingAlignmentBytes) * bindingAlignmentBytes;
    const outputLeadBytes = this.outputStartBytes - outputOffsetBytes;
    const group: BatchGroup = {
      imageCount,
      uploads: [],
      sourceBytes: this.sourceBytes,
      betweenBytes: this.betweenBytes,
      mostRows: 0,
      records: new Uint32Array(imageCount * recordInts),
      tables: [],
      tableInts: 0,
      outputOffsetBytes,
      outputBytes: outputLeadBytes + imageCount * this.outputImageBytes,
    };
    const tableStarts = new Map<AxisTable, number>();
    const startOf = (table: AxisTable): number => {
      const known = tableStarts.get(table);
      if (known !== undefined) return known;
      const start = group.tableInts;
      tableStarts.set(table, start);
      group.tables.push(table);
      group.tableInts += table.entries.length;
      return start;
    };
    let sourcePx = 0;
    let betweenPx = 0;
    for (const [index, { image, region, columns, rows, flip, outputPx }] of this.placed.entries()) {
      const layout = uploadLayout(image, region);
      group.uploads.push({ image, region, atPx: sourcePx });
      group.mostRows = Math.max(group.mostRows, region.heightPx);
      writeRecord(group.records, index, {
        sourceStart: sourcePx + layout.startPx,
        sourceStridePx: layout.stridePx,
        uploadedColumn: columns.sourceFirst,
        uploadedRow: rows.sourceFirst,
        uploadedRows: region.heightPx,
        betweenStart: betweenPx,
        columnsStart: startOf(columns),
        columnsStride: columns.strideInts,
        rowsStart: startOf(rows),
        rowsStride: rows.strideInts,
        flip: flip ? 1 : 0,
        outputStart: (outputLeadBytes + index * this.outputImageBytes) / wordBytes,
      });
      sourcePx += layout.pixels;
      betweenPx += region.heightPx * outputPx;
    }
    return group;
  }
}
