/**
 * Tiles in workgroup memory, for graphics processors: 256 threads compute 64 rows × 64 columns, each 4 rows × one
 * vector of 4. Per round every thread loads one vector of each factor: 16 of the summed index.
 */
import { unroll } from '../kernel.ts';

/** Threads along rows and along columns. */
export const threadsPerSide = 16;
/** Rows and columns of a tile. */
export const tileSide = 64;
export const rowsPerThread = tileSide / threadsPerSide;
/** Vectors of the summed index per round. */
export const roundVectors = 4;

/** Both factors of a round: a[row][summed vector], b[summed index][column vector]. */
export const tileMemory = `var<workgroup> tileA: array<vec4f, ${String(tileSide * roundVectors)}>;
var<workgroup> tileB: array<vec4f, ${String(roundVectors * 4 * threadsPerSide)}>;
`;

export const tiledMain = `@compute @workgroup_size(${String(threadsPerSide)}, ${String(threadsPerSide)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
`;

/** sum_r += a[row r][·] · b[·][column], for the thread's rows; between two barriers. */
export const multiplyTile = `workgroupBarrier();
    for (var k = 0u; k < ${String(roundVectors)}u; k += 1u) {
      ${unroll(4, (j) => `let b${String(j)} = tileB[(k * 4u + ${String(j)}u) * ${String(threadsPerSide)}u + local.x];`)}
      ${unroll(rowsPerThread, (r) => {
        const name = `sum${String(r)}`;
        const lines = [0, 1, 2, 3].map(
          (j) => `${name} = fma(vec4f(a[${String(j)}]), b${String(j)}, ${name});`,
        );
        return `{ let a = tileA[(local.y * ${String(rowsPerThread)}u + ${String(r)}u) * ${String(roundVectors)}u + k]; ${lines.join(' ')} }`;
      })}
    }
    workgroupBarrier();`;

export const declareTileSums = unroll(rowsPerThread, (r) => `var sum${String(r)} = vec4f();`);
