/**
 * Makes public/demo/emoji.zip: emoji as drawn by five design teams. Four styles train, the fifth validates,
 * so validation asks for known objects in a style never seen.
 *
 *   npx tsx scripts/demo-set/make.ts [--out FILE] [--sheets FOLDER]
 *
 * --sheets also writes a contact sheet a class, to look over. The zip is stored, not deflated (WebP does not
 * shrink), sorted and without real time stamps: the same packages on the same machine give the same bytes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter, configure } from '@zip.js/zip.js';
import { classOf, demoClasses, type EmojiEntry } from './classes.ts';
import { writeContactSheet } from './contactSheet.ts';
import { normaliseCodePoints, readDrawings, readPackageJson } from './icons.ts';
import { renderWebp } from './render.ts';

const trainSets = ['noto', 'noto-v1', 'emojione', 'fluent-emoji-flat'];
const validationSet = 'twemoji';
const allSets = [...trainSets, validationSet];

interface SetInfo {
  name: string;
  author: { name: string; url: string };
  license: { title: string; spdx: string; url: string };
}

const { values: flags } = parseArgs({
  options: { out: { type: 'string', default: 'public/demo/emoji.zip' }, sheets: { type: 'string' } },
});

const emoji = readPackageJson('emoji-datasource/emoji.json') as EmojiEntry[];
const classOfCodePoints = new Map(
  emoji.flatMap((entry): [string, string][] => {
    const name = classOf(entry);
    return name === null ? [] : [[normaliseCodePoints(entry.unified), name]];
  }),
);

// Where a team drew two emoji alike (a cat's face, a grinning cat), the image is there once.
const seenDrawings = new Set<string>();
const images: { path: string; className: string; set: string; bytes: Buffer }[] = [];
for (const drawing of readDrawings(allSets, new Set(classOfCodePoints.keys()))) {
  const className = classOfCodePoints.get(drawing.codePoints);
  if (className === undefined || seenDrawings.has(drawing.svg)) continue;
  seenDrawings.add(drawing.svg);
  const split = drawing.set === validationSet ? 'val' : 'train';
  images.push({
    path: `${split}/${className}/${drawing.set}-${drawing.name}.webp`,
    className,
    set: drawing.set,
    bytes: await renderWebp(drawing.svg),
  });
}
images.sort((a, b) => (a.path < b.path ? -1 : 1));

const require = createRequire(import.meta.url);
const sources = allSets.map((set) => {
  const info = readPackageJson(`@iconify-json/${set}/info.json`) as SetInfo;
  const { version } = JSON.parse(
    readFileSync(join(dirname(require.resolve(`@iconify-json/${set}/info.json`)), 'package.json'), 'utf8'),
  ) as { version: string };
  return {
    set,
    name: info.name,
    author: info.author.name,
    url: info.author.url,
    license: info.license.spdx,
    licenseUrl: info.license.url,
    package: `@iconify-json/${set}@${version}`,
    split: set === validationSet ? 'val' : 'train',
    // CC BY 4.0 asks to say so.
    changes: 'Rendered from SVG at 96×96 pixels on white, WebP.',
  };
});
const description = {
  name: 'Emoji in five styles',
  validationNote:
    'Validation shows known objects in a new style: Twemoji drawings, a design the training never sees.',
  classes: demoClasses,
  sources,
};

configure({ useWebWorkers: false });
const zip = new ZipWriter(new Uint8ArrayWriter(), {
  level: 0,
  // MS-DOS times are local ones: the first moment they can name is the same bytes in every time zone.
  lastModDate: new Date(1980, 0, 1),
  extendedTimestamp: false,
  dataDescriptor: false,
});
await zip.add('dataset.json', new TextReader(`${JSON.stringify(description, null, 2)}\n`));
for (const { path, bytes } of images) await zip.add(path, new Uint8ArrayReader(bytes));
const archive = await zip.close();
mkdirSync(dirname(flags.out), { recursive: true });
writeFileSync(flags.out, archive);

if (flags.sheets !== undefined) {
  mkdirSync(flags.sheets, { recursive: true });
  for (const className of demoClasses) {
    const rows = allSets.map((set) =>
      images.filter((image) => image.className === className && image.set === set),
    );
    await writeContactSheet(
      join(flags.sheets, `${className}.png`),
      rows.map((row) => row.map(({ bytes }) => bytes)),
    );
  }
}

for (const className of demoClasses) {
  const counts = allSets.map((set) => {
    const count = images.filter((image) => image.className === className && image.set === set).length;
    return `${set} ${count}`;
  });
  console.log(`${className.padEnd(16)}${counts.join(', ')}`);
}
console.log(`${flags.out}: ${images.length} images, ${(archive.length / 1e6).toFixed(2)} MB`);
