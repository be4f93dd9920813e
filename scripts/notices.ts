/**
 * Writes THIRD_PARTY_NOTICES.md: the licences of all that the built page ships.
 *
 *   npm run build && npx tsx scripts/notices.ts            writes it
 *   npm run build && npx tsx scripts/notices.ts --check    fails where it is out of date
 *
 * Which packages are shipped is read from the build's source maps, so what is bundled is listed and nothing
 * else; their texts are read from node_modules.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const file = 'THIRD_PARTY_NOTICES.md';

/** Packages without a LICENSE file of their own → the file of the package that opens with its notice. */
const noticeFiles: Record<string, string> = {
  '@tensorflow/tfjs-backend-cpu': 'dist/index.js',
  '@tensorflow/tfjs-backend-webgpu': 'dist/index.js',
  '@tensorflow/tfjs-core': 'dist/index.js',
  seedrandom: 'seedrandom.js',
};

/** The demo set's drawings; their packages carry the licence's name and address, not its text. */
const drawings = [
  {
    set: 'noto',
    credit: 'Noto Emoji, copyright Google Inc. and the Noto Emoji authors.',
    licence: '[Apache-2.0](https://github.com/googlefonts/noto-emoji/blob/main/svg/LICENSE), text below.',
  },
  {
    set: 'noto-v1',
    credit: 'Noto Emoji (v1), copyright Google Inc. and the Noto Emoji authors.',
    licence: '[Apache-2.0](https://github.com/googlefonts/noto-emoji/blob/main/svg/LICENSE), text below.',
  },
  {
    set: 'emojione',
    credit:
      'Emoji One 2.3.0, copyright Emoji One, provided free by [EmojiOne](https://www.joypixels.com/); source: [EmojiTwo](https://github.com/EmojiTwo/emojitwo).',
    licence: '[CC-BY-4.0](https://creativecommons.org/licenses/by/4.0/).',
  },
  {
    set: 'fluent-emoji-flat',
    credit:
      '[Fluent Emoji](https://github.com/microsoft/fluentui-emoji), copyright (c) Microsoft Corporation.',
    licence: '[MIT](https://github.com/microsoft/fluentui-emoji/blob/main/LICENSE), text below.',
  },
  {
    set: 'twemoji',
    credit: '[Twemoji](https://github.com/jdecked/twemoji), copyright Twitter, Inc and other contributors.',
    licence: '[CC-BY-4.0](https://creativecommons.org/licenses/by/4.0/).',
  },
];

const mitText = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.`;

interface Manifest {
  name: string;
  version: string;
  license: string;
  author?: string | { name: string };
  homepage?: string;
  repository?: string | { url: string };
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Folders of the packages whose files are in the build, sorted. Throws where there is no build. */
function shippedPackages(siteFolder: string): string[] {
  const maps = existsSync(siteFolder)
    ? readdirSync(siteFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.js.map'),
      )
    : [];
  if (maps.length === 0) throw new Error(`No source maps in ${siteFolder}: run "npm run build" first.`);
  const folders = new Set<string>();
  for (const map of maps) {
    const { sources } = JSON.parse(readFileSync(join(siteFolder, map), 'utf8')) as { sources: string[] };
    for (const source of sources) {
      // The innermost package: a/node_modules/b/node_modules/c/index.js is c's.
      const [, folder] = /(node_modules\/.*?)$/.exec(source) ?? [];
      const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(folder ?? '');
      if (match !== null) folders.add(match[0]);
    }
  }
  return [...folders].sort();
}

/** The copyright lines of a text, without comment marks. */
function copyrightLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/^[\s*/]+/, '').trim());
  return [...new Set(lines.filter((line) => /^copyright\b.*\d{4}/i.test(line)))];
}

function notice(folder: string): string {
  const { name, version, license, author, homepage, repository } = readManifest(folder);
  if (!/^[A-Za-z0-9.-]+$/.test(license)) throw new Error(`${name}: unexpected licence "${license}".`);
  const address =
    homepage ??
    (typeof repository === 'string' ? repository : (repository?.url ?? ''))
      .replace(/^git(\+https)?:/, 'https:')
      .replace(/\.git$/, '');
  const heading = `### ${name} ${version}\n\n${license} · ${address}`;
  const licenceFile = readdirSync(folder).find((entry) => /^licen[cs]e(\.md|\.txt)?$/i.test(entry));
  const text = readFileSync(join(folder, licenceFile ?? requireNoticeFile(name)), 'utf8');
  if (license === 'Apache-2.0') {
    // The template at the end of the licence's text has a copyright line too, with brackets.
    const lines = copyrightLines(text).filter((line) => !/[[{]yyyy/.test(line));
    const by = typeof author === 'string' ? author : author?.name;
    if (lines.length === 0 && by !== undefined) lines.push(`By ${by}.`);
    if (lines.length === 0) throw new Error(`${name}: neither a copyright line nor an author.`);
    return [heading, lines.join('\n'), 'The text is below.'].join('\n\n');
  }
  const [, header] = licenceFile === undefined ? (/^\s*\/\*([\s\S]*?)\*\//.exec(text) ?? []) : [];
  return `${heading}\n\n\`\`\`text\n${(header ?? text).trim()}\n\`\`\``;
}

function requireNoticeFile(name: string): string {
  const path = noticeFiles[name];
  if (path === undefined) {
    throw new Error(`${name} has no LICENSE file: name in scripts/notices.ts the file that has its notice.`);
  }
  return path;
}

function document(siteFolder: string): string {
  const emoji = drawings.map(({ set, credit, licence }) => {
    const { version } = readManifest(`node_modules/@iconify-json/${set}`);
    return `- **\`@iconify-json/${set}\` ${version}**: ${credit} ${licence}`;
  });
  const names = readManifest('node_modules/emoji-datasource');
  const sections = [
    '# Third-party notices',
    'What the built page ships besides Tabtrain itself. Written by `scripts/notices.ts`.',
    '## The demo set',
    "public/demo/emoji.zip holds drawings of five emoji sets, taken from [Iconify](https://iconify.design)'s packages. " +
      'They were changed: rendered from SVG at 96×96 pixels on white and stored as WebP.',
    emoji.join('\n'),
    `Classes follow the subcategories of \`emoji-datasource\` ${names.version} (MIT, copyright (c) 2013 Cal Henderson), which is not shipped.`,
    '### MIT (Fluent Emoji)',
    `\`\`\`text\nMIT License\n\nCopyright (c) Microsoft Corporation.\n\n${mitText}\n\`\`\``,
    '## Libraries',
    ...shippedPackages(siteFolder).map(notice),
    '## Apache License 2.0',
    `\`\`\`text\n${apacheText()}\n\`\`\``,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The licence up to its end; the appendix on how to apply it belongs to no one in particular. */
function apacheText(): string {
  const text = readFileSync('node_modules/typescript/LICENSE.txt', 'utf8').replaceAll('\r\n', '\n');
  const end = text.indexOf('END OF TERMS AND CONDITIONS');
  if (end < 0) throw new Error("node_modules/typescript/LICENSE.txt is no longer Apache-2.0's text.");
  return text.slice(text.indexOf('Apache License'), end).trim();
}

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, site: { type: 'string', default: 'build/site' } },
});
try {
  const wanted = document(values.site);
  if (!values.check) {
    writeFileSync(file, wanted);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
    throw new Error(
      `${file} is out of date: run "npm run build && npx tsx scripts/notices.ts" and commit it.`,
    );
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
