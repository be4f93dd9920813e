/** jax-js on WebGPU, on a device of its own: it makes one itself and takes no other. */
import { defaultDevice, init } from '@jax-js/jax';

/** Call before anything of jax-js; again does nothing. */
export async function startJax(): Promise<void> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js found no WebGPU.');
  defaultDevice('webgpu');
}

/** Rows or columns filled up before and after: what a stride leaves over is not padded, as in torch. */
export function torchPadding(
  sidePx: number,
  kernelPx: number,
  stridePx: number,
  paddingPx: number,
): [number, number] {
  const out = Math.floor((sidePx + 2 * paddingPx - kernelPx) / stridePx) + 1;
  return [paddingPx, (out - 1) * stridePx + kernelPx - sidePx - paddingPx];
}
