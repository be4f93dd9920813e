/** What a WebGPU adapter says it is; the same words for Dawn in Node and for a browser. */

export interface AdapterReport {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  isFallback: boolean;
}

/** A CPU that emulates a GPU: it computes the same, slowly. */
export function isSoftware(adapter: AdapterReport): boolean {
  const words = `${adapter.vendor} ${adapter.architecture} ${adapter.device} ${adapter.description}`;
  return adapter.isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(words);
}

/** For example `llvmpipe (LLVM 15.0.6, 256 bits), a software adapter (CPU)`. */
export function describeAdapter(adapter: AdapterReport): string {
  const name =
    adapter.description !== ''
      ? adapter.description
      : [adapter.vendor, adapter.architecture, adapter.device].filter((part) => part !== '').join(' ');
  return `${name === '' ? 'unnamed adapter' : name}, ${isSoftware(adapter) ? 'a software adapter (CPU)' : 'a GPU'}`;
}
