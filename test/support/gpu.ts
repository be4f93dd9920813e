/** A WebGPU device in Node, from Dawn. `npm test` has chosen the driver (scripts/environment). */
import { create, globals } from 'webgpu';
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';

let shared: Promise<EngineDevice> | null = null;
// Dawn's instance is collected with its wrapper, taking the device with it: keep both for the process.
let instance: GPU | null = null;

/** The test process's device; the adapter is printed once, since results depend on it. */
export function createTestDevice(): Promise<EngineDevice> {
  shared ??= open();
  return shared;
}

async function open(): Promise<EngineDevice> {
  Object.assign(globalThis, globals);
  instance = create([]) as GPU;
  const engine = await requestEngineDevice(instance);
  console.info(`WebGPU adapter: ${engine.adapterName}${engine.isSoftware ? ' (software)' : ''}`);
  return engine;
}
