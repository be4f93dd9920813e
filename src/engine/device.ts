/**
 * The GPU device everything shares: the step, the augmentation and tfjs.
 *
 * Only core WebGPU is required. Limits are raised to what the adapter offers, since tfjs binds whole tensors
 * and a batch of large activations passes the default 128 MiB.
 */

export interface EngineDevice {
  device: GPUDevice;
  adapterInfo: GPUAdapterInfo;
  /** Vendor, architecture and description, as far as the platform tells. */
  adapterName: string;
  /** A CPU that emulates a GPU: numbers are right, speed is not. */
  isSoftware: boolean;
}

/** Why there is no device, with a sentence for the person. */
export class NoDeviceError extends Error {
  override readonly name = 'NoDeviceError';
  constructor(
    readonly reason: 'insecure-context' | 'no-webgpu' | 'no-adapter',
    message: string,
  ) {
    super(message);
  }
}

const optionalFeatures: GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
] as const;

/**
 * Asks for a device with the features and limits the engine can use.
 * @param gpu `navigator.gpu`, or Dawn's in Node; undefined where the platform has none
 * @throws NoDeviceError when WebGPU or an adapter is missing
 */
export async function requestEngineDevice(gpu: GPU | undefined): Promise<EngineDevice> {
  if (gpu === undefined) throw missingWebGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new NoDeviceError(
      'no-adapter',
      'WebGPU is here, but the browser found no graphics adapter it trusts. Turn on hardware acceleration in the browser’s settings, update the graphics driver, and look at chrome://gpu for the reason.',
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: optionalFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]])),
  });
  const name = describeAdapter(adapter.info);
  return { device, adapterInfo: adapter.info, adapterName: name, isSoftware: isSoftwareAdapter(name) };
}

function missingWebGpu(): NoDeviceError {
  if (typeof isSecureContext !== 'undefined' && !isSecureContext) {
    return new NoDeviceError(
      'insecure-context',
      'This page was opened over plain http, where browsers give no WebGPU, storage or camera. Open it over https, or as http://localhost on the machine that serves it.',
    );
  }
  return new NoDeviceError(
    'no-webgpu',
    'This browser has no WebGPU. Use a current Chrome or Edge, Safari 26 or later, or Firefox 141 or later on Windows; on Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.',
  );
}

/** One line that names an adapter, for example "nvidia ampere (NVIDIA RTX A2000)". */
export function describeAdapter(info: GPUAdapterInfo): string {
  const name = [info.vendor, info.architecture].filter((part) => part !== '').join(' ');
  const detail = [info.description, info.device].filter((part) => part !== '').join(', ');
  if (name === '' && detail === '') return 'unnamed adapter';
  return detail === '' ? name : name === '' ? detail : `${name} (${detail})`;
}

/** A CPU that emulates a GPU. */
export function isSoftwareAdapter(adapterName: string): boolean {
  return /llvmpipe|lavapipe|swiftshader|software|microsoft basic render|\bcpu\b/i.test(adapterName);
}
