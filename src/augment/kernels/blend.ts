/**
 * Pillow's blend of a degenerate image with the image, to the byte: degenerate + factor · (value − degenerate) in
 * float32, clipped and truncated (Pillow 9.4, src/libImaging/Blend.c).
 *
 * WGSL lets a compiler contract the multiplication and the addition, which changes bytes. So the product, which
 * has only 511 values, comes from a table of integers (blendTable in operationTables.ts), and so does whether the
 * sum rounds up to the next whole number: only a large enough whole part leaves so few bits for the fraction.
 */

/** Bits of a table's entry for the least whole part from which the sum rounds up. */
export const roundingBits = 9;

export const blendFunctions = /* wgsl */ `
fn blended(table: u32, degenerate: i32, value: i32) -> u32 {
  let entry = tables[table + u32(value - degenerate + 255)];
  let whole = degenerate + (entry >> ${roundingBits}u);
  let rounded = whole + select(0, 1, whole >= (entry & ${(1 << roundingBits) - 1}));
  return u32(clamp(rounded, 0, 255));
}

// Pillow's conversion to mode L.
fn luminance(colour: vec3i) -> i32 {
  return (19595 * colour.x + 38470 * colour.y + 7471 * colour.z + 32768) >> 16u;
}
`;
