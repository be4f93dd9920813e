/**
 * A 64-bit hash of a buffer's words, each taken with its position: Σ h(word, position) modulo 2³² for two hash
 * functions h, so that the order of the additions does not matter. h mixes with lowbias32, a bijection of 32-bit
 * integers (Chris Wellons, "Prospecting for Hash Functions", 2018). One pass; a workgroup adds up its part first.
 */

export const fingerprintWorkgroups = 64;

/**
 * Dispatch: [64, 1, 1]. Bindings 0: [first position, words] of this part, 1: words, 2: the two sums, added to.
 */
export const fingerprintKernel = /* wgsl */ `
struct Part { firstPosition: u32, wordCount: u32 }

@group(0) @binding(0) var<uniform> part: Part;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<atomic<u32>, 2>;

var<workgroup> partial: array<atomic<u32>, 2>;

fn mixed(value: u32) -> u32 {
  var x = value;
  x ^= x >> 16u;
  x *= 0x7feb352du;
  x ^= x >> 15u;
  x *= 0x846ca68bu;
  x ^= x >> 16u;
  return x;
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var first = 0u;
  var second = 0u;
  for (var index = id.x; index < part.wordCount; index += ${64 * fingerprintWorkgroups}u) {
    let word = words[index];
    let position = mixed(part.firstPosition + index + 0x9e3779b9u);
    first += mixed(word ^ position);
    second += mixed(word * 0x85ebca6bu + (position ^ 0xc2b2ae35u));
  }
  atomicAdd(&partial[0], first);
  atomicAdd(&partial[1], second);
  workgroupBarrier();
  if (id.x % 64u == 0u) {
    atomicAdd(&sums[0], atomicLoad(&partial[0]));
    atomicAdd(&sums[1], atomicLoad(&partial[1]));
  }
}
`;
