/** Counts what WebGPU is asked for: dispatches, and the bytes of live buffers. */

export interface GpuMeter {
  dispatches: number;
  liveBytes: number;
  peakBytes: number;
  /** The live bytes by the buffers' labels. */
  liveByLabel: Map<string, number>;
}

let meter: GpuMeter | null = null;

/** Wraps the prototypes of WebGPU's objects; call it before any device is used. There is one meter. */
export function meterGpu(): GpuMeter {
  if (meter !== null) return meter;
  const counted: GpuMeter = { dispatches: 0, liveBytes: 0, peakBytes: 0, liveByLabel: new Map() };
  meter = counted;
  const live = new WeakSet<GPUBuffer>();
  const add = ({ label }: GPUBuffer, bytes: number) => {
    counted.liveBytes += bytes;
    counted.liveByLabel.set(label, (counted.liveByLabel.get(label) ?? 0) + bytes);
    counted.peakBytes = Math.max(counted.peakBytes, counted.liveBytes);
  };
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => {
    counted.dispatches += 1;
  });
  wrap(GPUDevice.prototype, 'createBuffer', (_, buffer) => {
    if (!(buffer instanceof GPUBuffer)) return;
    live.add(buffer);
    add(buffer, buffer.size);
  });
  wrap(GPUBuffer.prototype, 'destroy', (buffer) => {
    if (live.delete(buffer)) add(buffer, -buffer.size);
  });
  return counted;
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
