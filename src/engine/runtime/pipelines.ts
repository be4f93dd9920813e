/** Compute pipelines by their WGSL: each is compiled once, all of a plan at the same time. */
import type { KernelCall } from '../kernels/kernel.ts';

export interface Pipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

/** A kernel that the adapter's compiler refuses. */
export class KernelCompileError extends Error {
  override readonly name = 'KernelCompileError';
}

const caches = new WeakMap<GPUDevice, PipelineCache>();

export class PipelineCache {
  private readonly pipelines = new Map<string, Promise<Pipeline>>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  private constructor(private readonly device: GPUDevice) {}

  /** The device's: what the self-test, the tuning or an earlier run compiled, the next run need not. */
  static of(device: GPUDevice): PipelineCache {
    const known = caches.get(device);
    if (known !== undefined) return known;
    const made = new PipelineCache(device);
    caches.set(device, made);
    return made;
  }

  /**
   * @param buffers how many storage buffers the kernel binds
   * @param readsStep whether the step's parameters follow them
   */
  get(call: KernelCall, buffers: number, readsStep: boolean): Promise<Pipeline> {
    const key = `${String(buffers)} ${String(readsStep)}\n${call.code}`;
    const known = this.pipelines.get(key);
    if (known !== undefined) return known;
    const made = this.create(call, buffers, readsStep);
    this.pipelines.set(key, made);
    return made;
  }

  private async create(call: KernelCall, buffers: number, readsStep: boolean): Promise<Pipeline> {
    const { device } = this;
    const layout = this.layout(buffers, readsStep);
    const module = device.createShaderModule({ label: call.kernel, code: call.code });
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: call.kernel,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module },
      });
      return { pipeline, layout };
    } catch (error) {
      throw new KernelCompileError(`The kernel "${call.kernel}" does not compile here: ${String(error)}`, {
        cause: error,
      });
    }
  }

  private layout(buffers: number, readsStep: boolean): GPUBindGroupLayout {
    const key = `${String(buffers)} ${String(readsStep)}`;
    const known = this.layouts.get(key);
    if (known !== undefined) return known;
    const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    });
    const layout = this.device.createBindGroupLayout({
      entries: [
        entry(0, 'uniform'),
        ...Array.from({ length: buffers }, (_, i) => entry(i + 1, 'storage')),
        ...(readsStep ? [entry(buffers + 1, 'uniform')] : []),
      ],
    });
    this.layouts.set(key, layout);
    return layout;
  }
}
