/** The records of a group's images: where each of its parts lies, one behind the other. Pure. */
import { noOutput, recordInts, writeRecord } from './kernels/imageRecord.ts';
import { pointTableInts, type OperationPlan } from './operationTables.ts';
import type { PixelBox, SourceImage } from './parameters.ts';
import type { AxisTable } from './pilResize.ts';
import { uploadLayout, type Upload } from './upload.ts';

/** One image with what happens to it, and what it takes. */
export interface PlacedImage {
  image: SourceImage;
  region: PixelBox;
  columns: AxisTable;
  rows: AxisTable;
  flip: boolean;
  operation: OperationPlan | null;
  erase: PixelBox | null;
  sourceBytes: number;
  betweenBytes: number;
}

export interface GroupTable {
  /** In integers. */
  start: number;
  entries: Int32Array;
}

export interface GroupRecords {
  uploads: Upload[];
  records: Uint32Array<ArrayBuffer>;
  tables: GroupTable[];
  tableInts: number;
}

/** Where the tables of a group begin; equal tables are one object, and stored once. */
class TablePlaces {
  readonly tables: GroupTable[] = [];
  private readonly starts = new Map<Int32Array, number>();
  ints = 0;

  startOf(entries: Int32Array): number {
    const known = this.starts.get(entries);
    if (known !== undefined) return known;
    const start = this.reserve(entries.length);
    this.starts.set(entries, start);
    this.tables.push({ start, entries });
    return start;
  }

  /** Room for a table that the GPU writes. */
  reserve(ints: number): number {
    const start = this.ints;
    this.ints += ints;
    return start;
  }
}

/**
 * @param placed each image with the index of its record, in their order
 * @param pairs the image of each output, and the one that it is mixed with (itself for none)
 * @param layout direct: the resize writes the output; imagePixels of an output; outputLead: floats in the
 *   binding before the first output
 */
export function groupRecords(
  placed: ReadonlyMap<PlacedImage, number>,
  pairs: readonly { own: PlacedImage; partner: PlacedImage }[],
  layout: { direct: boolean; imagePixels: number; outputLead: number },
): GroupRecords {
  const { direct, imagePixels, outputLead } = layout;
  const records = new Uint32Array(placed.size * recordInts);
  const uploads: Upload[] = [];
  const places = new TablePlaces();
  const outputs = new Map(pairs.map(({ own, partner }, output) => [own, { output, partner }]));
  let sourcePx = 0;
  let betweenPx = 0;
  // After the operation all images lie one behind the other, then those before it.
  let beforePx = placed.size * imagePixels;
  for (const [image, index] of placed) {
    const { region, columns, rows, operation, erase } = image;
    const upload = uploadLayout(image.image, region);
    uploads.push({ image: image.image, region, atPx: sourcePx });
    const pair = outputs.get(image);
    const outputStart = pair === undefined ? noOutput : outputLead + pair.output * imagePixels * 3;
    const changedStart = index * imagePixels;
    let resizedStart = direct ? outputStart : changedStart;
    if (operation !== null) {
      resizedStart = beforePx;
      beforePx += imagePixels;
    }
    writeRecord(records, index, {
      sourceStart: sourcePx + upload.startPx,
      sourceStridePx: upload.stridePx,
      uploadedColumn: columns.sourceFirst,
      uploadedRow: rows.sourceFirst,
      uploadedRows: region.heightPx,
      betweenStart: betweenPx,
      columnsStart: places.startOf(columns.entries),
      columnsStride: columns.strideInts,
      rowsStart: places.startOf(rows.entries),
      rowsStride: rows.strideInts,
      flip: image.flip ? 1 : 0,
      resizedStart,
      operation: operation?.operation ?? 0,
      statistics: operation?.statistics ?? 0,
      firstTable: operation === null ? 0 : operationTable(operation.first, places),
      secondTable: operation === null || operation.second === null ? 0 : places.startOf(operation.second),
      changedStart,
      eraseLeft: erase?.leftPx ?? 0,
      eraseTop: erase?.topPx ?? 0,
      eraseRight: erase === null ? 0 : erase.leftPx + erase.widthPx,
      eraseBottom: erase === null ? 0 : erase.topPx + erase.heightPx,
      partner: (pair === undefined ? undefined : placed.get(pair.partner)) ?? index,
      outputStart,
    });
    sourcePx += upload.pixels;
    betweenPx += (region.heightPx * columns.entries.length) / columns.strideInts;
  }
  return { uploads, records, tables: places.tables, tableInts: places.ints };
}

function operationTable(entries: Int32Array | null, places: TablePlaces): number {
  return entries === null ? places.reserve(pointTableInts) : places.startOf(entries);
}
