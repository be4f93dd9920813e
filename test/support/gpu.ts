/** A WebGPU device in Node, from Dawn. `npm test` has chosen the driver (scripts/environment). */
import { dawn } from '../../cli/dawn.ts';
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';

let shared: Promise<EngineDevice> | null = null;

/** The test process's device; the adapter is printed once, since results depend on it. */
export function createTestDevice(): Promise<EngineDevice> {
  shared ??= requestEngineDevice(dawn()).then((engine) => {
    console.info(`WebGPU adapter: ${engine.adapterName}${engine.isSoftware ? ' (software)' : ''}`);
    return engine;
  });
  return shared;
}
