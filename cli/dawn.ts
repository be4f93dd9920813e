/** WebGPU in Node, from Dawn (npm `webgpu`), made to look like a browser's so that tfjs accepts it. */
import { create, globals } from 'webgpu';

// Dawn's instance is collected with its wrapper and takes every device with it: kept for the process.
let instance: GPU | null = null;

/** Dawn's `navigator.gpu`; also installs WebGPU's global constants and a `navigator` that has it. */
export function dawn(): GPU {
  if (instance !== null) return instance;
  Object.assign(globalThis, globals);
  pollGently();
  instance = create([]);
  // What Node has from 21 on; libraries read it without asking whether it is there.
  const userAgent = `Node.js/${process.versions.node.split('.')[0] ?? ''}`;
  const platform = typeof navigator === 'undefined' ? { userAgent } : navigator;
  const withGpu = new Proxy(platform, {
    get: (target, key) => (key === 'gpu' ? instance : (Reflect.get(target, key, target) as unknown)),
  });
  Object.defineProperty(globalThis, 'navigator', { value: withGpu, configurable: true });
  return instance;
}

/**
 * While anything is awaited, Dawn polls for it in a loop of `setImmediate`, which takes a whole core: half of
 * a two-core machine whose GPU is software. Its callback is a native function; those are put off by a
 * millisecond each.
 */
function pollGently(): void {
  const original = globalThis.setImmediate;
  const gentle = (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    Function.prototype.toString.call(callback).includes('[native code]')
      ? setTimeout(callback, 1, ...values)
      : original(callback, ...values);
  globalThis.setImmediate = Object.assign(gentle, original);
}
