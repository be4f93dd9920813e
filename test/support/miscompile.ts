/** A device whose compiler makes something else of some kernels: what the self-test is there to find. */
import { dawn } from '../../cli/dawn.ts';
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';

/**
 * @param isBroken which kernels, by their names
 * @param change the WGSL that is compiled in place of a broken kernel's
 */
export async function requestMiscompilingDevice(
  isBroken: (kernel: string) => boolean,
  change: (code: string) => string,
): Promise<EngineDevice> {
  const engine = await requestEngineDevice(dawn());
  const { device } = engine;
  const compile = device.createShaderModule.bind(device);
  Object.defineProperty(device, 'createShaderModule', {
    value: (descriptor: GPUShaderModuleDescriptor) => {
      if (!isBroken(descriptor.label ?? '')) return compile(descriptor);
      const code = change(descriptor.code);
      if (code === descriptor.code) throw new Error(`"${descriptor.label ?? ''}" is not changed.`);
      return compile({ ...descriptor, code });
    },
  });
  return engine;
}
