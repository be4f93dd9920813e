/**
 * The tables of the operations that depend on the whole image: Contrast, AutoContrast and Equalize. One workgroup
 * an image; the table is [3, 256] in `tables`, at firstTable.
 *
 * Contrast (Pillow's ImageEnhance.Contrast): blend with the constant trunc(mean(L) + 0.5), here
 * ⌊(2 ΣL + N) / 2N⌋. AutoContrast (ImageOps.autocontrast): s = 255 / (hi − lo), trunc(v·s − lo·s) in double: the
 * exact quotient ⌊255 (v − lo) / (hi − lo)⌋, less 1 where double falls short of a whole number
 * (autoContrastCorrections.ts); a flat channel stays. Equalize (ImageOps.equalize): step = (N − last non-zero
 * count) // 255, n = step // 2, then table[i] = n // step, n += count[i]; a channel of one level, or with a step of
 * 0, stays. Sums are integers below 2³² for images of up to 2²³ pixels, so atomics give the same in any order.
 */
import { blendFunctions } from './blend.ts';
import { sharedDeclarations, statisticsCodes } from './imageRecord.ts';

/** Dispatch: [1, 1, images]. Bindings 3: pixels, 4: autoContrastCorrections. */
export const statisticsPassKernel = /* wgsl */ `
${sharedDeclarations('read_write')}
${blendFunctions}
@group(0) @binding(3) var<storage, read> pixels: array<u32>;
@group(0) @binding(4) var<storage, read> corrections: array<u32>;

// Contrast: the sum of L. AutoContrast: for each channel the largest 255 − value, then the largest value.
// Equalize: the histograms, [3, 256].
var<workgroup> cells: array<atomic<u32>, 768>;

fn greatestCommonDivisor(first: u32, second: u32) -> u32 {
  var a = first;
  var b = second;
  while (b != 0u) {
    let rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

fn autoContrasted(value: u32, low: u32, high: u32) -> u32 {
  if (low >= high) { return value; }
  if (value <= low) { return 0u; }
  if (value > high) { return 255u; }
  let span = high - low;
  let scaled = 255u * (value - low);
  let quotient = scaled / span;
  if (scaled % span != 0u) { return quotient; }
  let divisor = greatestCommonDivisor(255u, span);
  let bit = corrections[span] + low * (divisor + 1u) + (value - low) * divisor / span;
  return quotient - ((corrections[bit / 32u] >> (bit % 32u)) & 1u);
}

fn equalizeChannel(channel: u32, firstTable: u32) {
  var pixelCount = 0u;
  var lastCount = 0u;
  var levels = 0u;
  for (var level = 0u; level < 256u; level++) {
    let count = atomicLoad(&cells[channel * 256u + level]);
    if (count != 0u) {
      pixelCount += count;
      lastCount = count;
      levels++;
    }
  }
  let step = (pixelCount - lastCount) / 255u;
  let stays = levels <= 1u || step == 0u;
  let divisor = select(step, 1u, stays);
  var n = step / 2u;
  for (var level = 0u; level < 256u; level++) {
    tables[firstTable + channel * 256u + level] = i32(select(min(n / divisor, 255u), level, stays));
    n += atomicLoad(&cells[channel * 256u + level]);
  }
}

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let image = records[group.z];
  if (image.statistics == ${statisticsCodes.none}u) { return; }
  let pixelCount = settings.widthPx * settings.heightPx;
  var sum = 0u;
  var lowest = vec3i(255);
  var highest = vec3i(0);
  for (var pixel = lane; pixel < pixelCount; pixel += 256u) {
    let colour = colours(pixels[image.resizedStart + pixel]);
    if (image.statistics == ${statisticsCodes.contrast}u) {
      sum += u32(luminance(colour));
    } else if (image.statistics == ${statisticsCodes.autoContrast}u) {
      lowest = min(lowest, colour);
      highest = max(highest, colour);
    } else {
      atomicAdd(&cells[colour.x], 1u);
      atomicAdd(&cells[256 + colour.y], 1u);
      atomicAdd(&cells[512 + colour.z], 1u);
    }
  }
  if (image.statistics == ${statisticsCodes.contrast}u) {
    atomicAdd(&cells[0], sum);
  } else if (image.statistics == ${statisticsCodes.autoContrast}u) {
    for (var channel = 0u; channel < 3u; channel++) {
      atomicMax(&cells[channel], u32(255 - lowest[channel]));
      atomicMax(&cells[3u + channel], u32(highest[channel]));
    }
  }
  workgroupBarrier();

  if (image.statistics == ${statisticsCodes.contrast}u) {
    let mean = (2u * atomicLoad(&cells[0]) + pixelCount) / (2u * pixelCount);
    let byte = i32(blended(image.secondTable, i32(mean), i32(lane)));
    for (var channel = 0u; channel < 3u; channel++) {
      tables[image.firstTable + channel * 256u + lane] = byte;
    }
  } else if (image.statistics == ${statisticsCodes.autoContrast}u) {
    for (var channel = 0u; channel < 3u; channel++) {
      let low = 255u - atomicLoad(&cells[channel]);
      let high = atomicLoad(&cells[3u + channel]);
      tables[image.firstTable + channel * 256u + lane] = i32(autoContrasted(lane, low, high));
    }
  } else if (lane < 3u) {
    equalizeChannel(lane, image.firstTable);
  }
}
`;
