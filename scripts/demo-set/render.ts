/** SVG → a square WebP image on white, as the demo set stores it. */
import sharp from 'sharp';

/** Edge of the demo set's images, in pixels. */
export const imageEdgePx = 96;
/** White border: some sets draw to the very edge of their view box, others keep a margin. */
const marginPx = 3;

/**
 * Renders an SVG as a 96×96 WebP. Librsvg rasterises at twice the size (72 dpi is one pixel a unit), then
 * Lanczos halves it, so that thin lines stay even. The same input gives the same bytes on one machine.
 */
export async function renderWebp(svg: string): Promise<Buffer> {
  const innerPx = imageEdgePx - 2 * marginPx;
  const { width } = await sharp(Buffer.from(svg)).metadata();
  return sharp(Buffer.from(svg), { density: (72 * 2 * innerPx) / width })
    .resize(innerPx, innerPx, { fit: 'contain', background: '#ffffff' })
    .flatten({ background: '#ffffff' })
    .extend({ top: marginPx, bottom: marginPx, left: marginPx, right: marginPx, background: '#ffffff' })
    .webp({ quality: 88, effort: 6, smartSubsample: true })
    .toBuffer();
}
