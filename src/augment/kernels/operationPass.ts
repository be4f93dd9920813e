/**
 * TrivialAugmentWide's operation of each image of a batch, with Pillow's bytes, in integers only. One invocation a
 * pixel; z is the image. Images without an operation are left where they are.
 *
 * point: table[channel][value] (Brightness, Contrast, Posterize, Solarize, AutoContrast, Equalize).
 * colour: blend with L (ImageEnhance.Color). sharpness: blend with the 3×3 mean
 * [1 1 1; 1 5 1; 1 1 1] / 13, which is ⌊(2S + 13) / 26⌋; pixels at the border stay (ImageEnhance.Sharpness).
 * affine: source[xIn, yIn] by bilinear interpolation, truncated; black outside (Pillow 9.4, Geometry.c,
 * bilinear_filter32RGB). Pillow's coordinates are doubles; here they are sums of a column's and a row's part with
 * 32 bits of fraction (affineTable in affineTables.ts), of which 22 are used to interpolate: a byte that is within
 * 255 · 2⁻²¹ of a whole number can come out 1 off.
 */
import { columnInts, rowInts } from '../affineTables.ts';
import { blendFunctions } from './blend.ts';
import { operationCodes, sharedDeclarations, workgroupEdge } from './imageRecord.ts';

/** Dispatch: [⌈width / 8⌉, ⌈height / 8⌉, images]. Bindings 3: pixels. */
export const operationPassKernel = /* wgsl */ `
${sharedDeclarations()}
${blendFunctions}
@group(0) @binding(3) var<storage, read_write> pixels: array<u32>;

fn byPoint(image: ImageRecord, colour: vec3i) -> vec3u {
  let table = vec3u(colour) + vec3u(0u, 256u, 512u) + image.firstTable;
  return vec3u(vec3i(tables[table.x], tables[table.y], tables[table.z]));
}

fn blendedColour(table: u32, degenerate: vec3i, colour: vec3i) -> vec3u {
  return vec3u(
    blended(table, degenerate.x, colour.x),
    blended(table, degenerate.y, colour.y),
    blended(table, degenerate.z, colour.z),
  );
}

fn sharpened(image: ImageRecord, at: u32, x: u32, y: u32, colour: vec3i) -> vec3u {
  if (x == 0u || y == 0u || x + 1u == settings.widthPx || y + 1u == settings.heightPx) { return vec3u(colour); }
  let above = at - settings.widthPx;
  let below = at + settings.widthPx;
  let sum = colours(pixels[above - 1u]) + colours(pixels[above]) + colours(pixels[above + 1u])
    + colours(pixels[at - 1u]) + 5 * colour + colours(pixels[at + 1u])
    + colours(pixels[below - 1u]) + colours(pixels[below]) + colours(pixels[below + 1u]);
  return blendedColour(image.firstTable, (2 * sum + 13) / 26, colour);
}

struct Coordinate {
  /** Pixel to the left or above, and how far beyond it, with 32 bits of fraction. */
  whole: i32,
  fraction: u32,
}

fn coordinate(column: u32, row: u32) -> Coordinate {
  let columnFraction = u32(tables[column + 1u]);
  let fraction = columnFraction + u32(tables[row + 1u]);
  let carry = select(0, 1, fraction < columnFraction);
  return Coordinate(tables[column] + tables[row] + carry, fraction);
}

fn affineColour(image: ImageRecord, x: u32, y: u32) -> vec3u {
  let column = image.firstTable + x * ${columnInts}u;
  let row = image.secondTable + y * ${rowInts}u;
  if (i32(x) < tables[row + 4u] || i32(x) >= tables[row + 5u]) { return vec3u(0u); }
  let xIn = coordinate(column, row);
  let yIn = coordinate(column + 2u, row + 2u);
  let lastX = i32(settings.widthPx) - 1;
  let lastY = i32(settings.heightPx) - 1;
  // Clamped to the image, which is Pillow's way at its edges too.
  let left = u32(clamp(xIn.whole, 0, lastX));
  let right = u32(clamp(xIn.whole + 1, 0, lastX));
  let upper = image.resizedStart + u32(clamp(yIn.whole, 0, lastY)) * settings.widthPx;
  // Below the last row the upper one is used again, and so it is above the first.
  let lower = image.resizedStart + u32(clamp(yIn.whole + 1, 0, lastY)) * settings.widthPx;
  let across = i32(xIn.fraction >> 10u);
  let upperLeft = colours(pixels[upper + left]);
  let lowerLeft = colours(pixels[lower + left]);
  let upperMixed = (upperLeft << vec3u(22u)) + (colours(pixels[upper + right]) - upperLeft) * across;
  let lowerMixed = (lowerLeft << vec3u(22u)) + (colours(pixels[lower + right]) - lowerLeft) * across;
  return vec3u((upperMixed + scaled(lowerMixed - upperMixed, yIn.fraction >> 10u)) >> vec3u(22u));
}

// ⌊difference · share / 2²²⌋ without leaving 32 bits, for |difference| < 2³⁰ and share < 2²².
fn scaled(difference: vec3i, share: u32) -> vec3i {
  let high = difference >> vec3u(15u);
  let low = difference & vec3i(0x7fff);
  let shareHigh = i32(share >> 11u);
  let shareLow = i32(share & 0x7ffu);
  let middle = ((high * shareLow) << vec3u(4u)) + low * shareHigh + ((low * shareLow) >> vec3u(11u));
  return ((high * shareHigh) << vec3u(4u)) + (middle >> vec3u(11u));
}

@compute @workgroup_size(${workgroupEdge}, ${workgroupEdge}, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let image = records[id.z];
  if (image.operation == ${operationCodes.none}u || id.x >= settings.widthPx || id.y >= settings.heightPx) { return; }
  let pixel = id.y * settings.widthPx + id.x;
  let at = image.resizedStart + pixel;
  var changed: vec3u;
  switch (image.operation) {
    case ${operationCodes.affine}u: {
      changed = affineColour(image, id.x, id.y);
    }
    case ${operationCodes.colour}u: {
      let colour = colours(pixels[at]);
      changed = blendedColour(image.firstTable, vec3i(luminance(colour)), colour);
    }
    case ${operationCodes.sharpness}u: {
      changed = sharpened(image, at, id.x, id.y, colours(pixels[at]));
    }
    default: {
      changed = byPoint(image, colours(pixels[at]));
    }
  }
  pixels[image.changedStart + pixel] = packed(changed);
}
`;
