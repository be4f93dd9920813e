/**
 * What keeps NaN and infinity as torch has them, as WGSL. WGSL's max, min and comparisons may treat NaN as they like,
 * and a shader compiler may assume that there is none; so bits are looked at, as integers.
 */

/**
 * `isNan(v)` and `reluBlocks(v)`: where v is at most zero and a number, so where torch.relu gives 0 and hands no
 * gradient back (threshold_backward: x <= 0). NaN goes through both ways.
 */
export const nonFiniteFunctions = `fn isNan(v: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
fn reluBlocks(v: vec4f) -> vec4<bool> {
  let bits = bitcast<vec4u>(v);
  // From −0 to −∞; NaN with a sign lies above. Or 0.
  return (bits - vec4u(0x80000000u) <= vec4u(0x7f800000u)) | (bits == vec4u());
}
`;
