/** Counts what WebGPU is asked for: dispatches, and the bytes of live buffers. */

export interface GpuMeter {
  dispatches: number;
  liveBytes: number;
  peakBytes: number;
}

/** Wraps the prototypes of WebGPU's objects; call once, before any device is used. */
export function meterGpu(): GpuMeter {
  const meter: GpuMeter = { dispatches: 0, liveBytes: 0, peakBytes: 0 };
  const pass = GPUComputePassEncoder.prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const dispatchWorkgroups = pass.dispatchWorkgroups;
  pass.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...counts) {
    meter.dispatches += 1;
    dispatchWorkgroups.apply(this, counts);
  };
  const { prototype } = GPUDevice;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- likewise
  const createBuffer = prototype.createBuffer;
  const live = new WeakSet<GPUBuffer>();
  prototype.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.add(buffer);
    meter.liveBytes += descriptor.size;
    meter.peakBytes = Math.max(meter.peakBytes, meter.liveBytes);
    return buffer;
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- likewise
  const destroy = GPUBuffer.prototype.destroy;
  GPUBuffer.prototype.destroy = function (this: GPUBuffer) {
    if (live.delete(this)) meter.liveBytes -= this.size;
    destroy.call(this);
  };
  return meter;
}
