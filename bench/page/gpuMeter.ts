/** Counts what WebGPU is asked for: dispatches, and the bytes of live buffers. */

export interface GpuMeter {
  dispatches: number;
  liveBytes: number;
  peakBytes: number;
}

/** Wraps the prototypes of WebGPU's objects; call once, before any device is used. */
export function meterGpu(): GpuMeter {
  const meter: GpuMeter = { dispatches: 0, liveBytes: 0, peakBytes: 0 };
  const live = new WeakSet<GPUBuffer>();
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => {
    meter.dispatches += 1;
  });
  wrap(GPUDevice.prototype, 'createBuffer', (_, buffer) => {
    if (!(buffer instanceof GPUBuffer)) return;
    live.add(buffer);
    meter.liveBytes += buffer.size;
    meter.peakBytes = Math.max(meter.peakBytes, meter.liveBytes);
  });
  wrap(GPUBuffer.prototype, 'destroy', (buffer) => {
    if (live.delete(buffer)) meter.liveBytes -= buffer.size;
  });
  return meter;
}

/** Calls `after` with the object and the result of each call of a method. */
function wrap<Target extends object>(
  prototype: Target,
  name: keyof Target,
  after: (target: Target, result: unknown) => void,
): void {
  const original = prototype[name] as (this: Target, ...values: unknown[]) => unknown;
  const replacement = function (this: Target, ...values: unknown[]): unknown {
    const result = original.apply(this, values);
    after(this, result);
    return result;
  };
  Object.defineProperty(prototype, name, { value: replacement, configurable: true, writable: true });
}
