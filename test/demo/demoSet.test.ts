/** The committed demo set is whole: what the page trains on without any data of the person's own. */
import { readFileSync } from 'node:fs';
import { BlobReader, TextWriter, Uint8ArrayWriter, ZipReader, type FileEntry } from '@zip.js/zip.js';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

interface Description {
  name: string;
  validationNote: string;
  classes: string[];
  sources: { set: string; author: string; license: string; package: string; split: string }[];
}

const archiveUrl = new URL('../../public/demo/emoji.zip', import.meta.url);
let description: Description;
const images: { split: string; className: string; set: string; name: string; entry: FileEntry }[] = [];

beforeAll(async () => {
  const reader = new ZipReader(new BlobReader(new Blob([readFileSync(archiveUrl)])), {
    useWebWorkers: false,
  });
  for (const entry of await reader.getEntries()) {
    if (entry.directory) throw new Error(`${entry.filename}: a folder entry, expected files only.`);
    if (entry.filename === 'dataset.json') {
      description = JSON.parse(await entry.getData(new TextWriter())) as Description;
      continue;
    }
    const parts =
      /^(train|val)\/([a-z-]+)\/(noto-v1|noto|emojione|fluent-emoji-flat|twemoji)-([a-z0-9-]+)\.webp$/;
    const [, split, className, set, name] = parts.exec(entry.filename) ?? [];
    if (split === undefined || className === undefined || set === undefined || name === undefined) {
      throw new Error(`${entry.filename}: not a path of the demo set.`);
    }
    images.push({ split, className, set, name, entry });
  }
});

function counts(split: string): Record<string, number> {
  const result: Record<string, number> = {};
  for (const image of images) {
    if (image.split === split) result[image.className] = (result[image.className] ?? 0) + 1;
  }
  return result;
}

describe('demo set', () => {
  it('has thirteen classes with these numbers of images', () => {
    expect(counts('train')).toEqual({
      animal: 477,
      building: 116,
      clock: 124,
      clothing: 150,
      face: 399,
      food: 286,
      'fruit-vegetable': 125,
      hand: 145,
      plant: 103,
      'sky-weather': 186,
      'sport-game': 174,
      tool: 85,
      vehicle: 216,
    });
    expect(counts('val')).toEqual({
      animal: 142,
      building: 30,
      clock: 31,
      clothing: 47,
      face: 116,
      food: 84,
      'fruit-vegetable': 39,
      hand: 43,
      plant: 29,
      'sky-weather': 47,
      'sport-game': 51,
      tool: 27,
      vehicle: 58,
    });
    expect(description.classes).toEqual(Object.keys(counts('train')).sort());
  });

  it('validates on a style that training never sees', () => {
    expect(new Set(images.filter(({ split }) => split === 'val').map(({ set }) => set))).toEqual(
      new Set(['twemoji']),
    );
    expect(new Set(images.filter(({ split }) => split === 'train').map(({ set }) => set))).toEqual(
      new Set(['noto', 'noto-v1', 'emojione', 'fluent-emoji-flat']),
    );
    expect(description.validationNote).toMatch(/known objects in a new style/);
  });

  it('has each drawing once and in one class only', () => {
    const drawings = images.map(({ set, name }) => `${set}-${name}`);
    expect(new Set(drawings).size).toBe(drawings.length);
  });

  it('keeps every image 96×96, opaque and with something drawn on it', { timeout: 120_000 }, async () => {
    const faults: string[] = [];
    const seen = new Map<string, string>();
    for (const { entry } of images) {
      const bytes = await entry.getData(new Uint8ArrayWriter());
      const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      if (info.width !== 96 || info.height !== 96 || info.channels !== 3) {
        faults.push(`${entry.filename}: ${info.width}×${info.height}, ${info.channels} channels`);
      }
      // A blank drawing is white all over; the palest real one (a cloud's outline) inks hundreds of pixels.
      let inked = 0;
      for (let at = 0; at < data.length; at += 3) {
        if (Math.min(data[at] ?? 255, data[at + 1] ?? 255, data[at + 2] ?? 255) < 230) inked++;
      }
      if (inked < 300) faults.push(`${entry.filename}: ${inked} pixels drawn`);
      // The first row is margin: white but for WebP's ringing, or the drawing is cut off there.
      const firstRow = data.subarray(0, 3 * info.width);
      const meanOfFirstRow = firstRow.reduce((sum, value) => sum + value, 0) / firstRow.length;
      if (meanOfFirstRow < 245) faults.push(`${entry.filename}: the first row's mean is ${meanOfFirstRow}`);
      const key = data.toString('base64');
      const twin = seen.get(key);
      if (twin !== undefined) faults.push(`${entry.filename}: the same pixels as ${twin}`);
      seen.set(key, entry.filename);
    }
    expect(faults).toEqual([]);
  });

  it('names author, licence and package of every style, none of them share-alike', () => {
    expect(description.sources.map(({ set, license }) => [set, license])).toEqual([
      ['noto', 'Apache-2.0'],
      ['noto-v1', 'Apache-2.0'],
      ['emojione', 'CC-BY-4.0'],
      ['fluent-emoji-flat', 'MIT'],
      ['twemoji', 'CC-BY-4.0'],
    ]);
    for (const source of description.sources) {
      expect(source.author).not.toBe('');
      expect(source.package).toMatch(new RegExp(`^@iconify-json/${source.set}@\\d`));
    }
    const notices = readFileSync(new URL('../../THIRD_PARTY_NOTICES.md', import.meta.url), 'utf8');
    for (const { set } of description.sources) expect(notices).toContain(`@iconify-json/${set}`);
  });
});
