/** A plan on the GPU: pipelines and bind groups made once, then replayed. */
import { stepParameterBytes, type KernelCall } from '../kernels/kernel.ts';
import { describeDispatch } from '../plan/describePlan.ts';
import type { BufferReference, ParameterArray, PlacedValue, Plan } from '../plan/plan.ts';
import type { Arena } from './arena.ts';
import { encodeCommand, type Command } from './command.ts';
import type { Pipeline, PipelineCache } from './pipelines.ts';
import { dispatchWork } from './submitPacing.ts';

/** WebGPU's minUniformBufferOffsetAlignment. */
const uniformAlignment = 256;

export interface PlanBuffers {
  arena: Arena;
  parameters: Readonly<Record<ParameterArray, GPUBuffer | null>>;
  /** The step's parameters; see stepParameterNames. */
  step: GPUBuffer;
}

export class BoundPlan {
  private readonly constants: GPUBuffer;
  /** What the plan takes in all, and each dispatch; see dispatchWork. */
  readonly work: number;
  private readonly workOf: readonly number[];
  private commands: Command[] = [];
  private boundVersion = -1;

  private constructor(
    private readonly device: GPUDevice,
    readonly plan: Plan,
    private readonly buffers: PlanBuffers,
    private readonly pipelines: readonly Pipeline[],
  ) {
    this.constants = writeConstants(
      device,
      plan.dispatches.map(({ call }) => call),
    );
    this.workOf = plan.dispatches.map((dispatch) => {
      const { flops, bytes } = describeDispatch(plan, dispatch);
      return dispatchWork(flops, bytes);
    });
    this.work = this.workOf.reduce((sum, work) => sum + work, 0);
    this.bind();
  }

  /**
   * Compiles what is not compiled yet and reserves memory.
   * @param onProgress called with how many of the plan's pipelines are ready
   * @throws OutOfMemoryError, KernelCompileError
   */
  static async create(
    device: GPUDevice,
    plan: Plan,
    buffers: PlanBuffers,
    cache: PipelineCache,
    onProgress?: (ready: number, total: number) => void,
  ): Promise<BoundPlan> {
    let ready = 0;
    const pipelines = await Promise.all(
      plan.dispatches.map(async ({ call, buffers: bound, readsStep }) => {
        const pipeline = await cache.get(call, bound.length, readsStep);
        ready += 1;
        onProgress?.(ready, plan.dispatches.length);
        return pipeline;
      }),
    );
    await buffers.arena.reserve(plan.segments);
    return new BoundPlan(device, plan, buffers, pipelines);
  }

  /**
   * Submits all dispatches, in pieces of about this much work.
   * @param before encodes what goes into the first submit, ahead of the dispatches
   * @param after encodes what goes into the last one, behind them
   * @returns what `after` returns
   */
  submit<Result>(
    workPerSubmit: number,
    before: (encoder: GPUCommandEncoder) => void,
    after: (encoder: GPUCommandEncoder) => Result,
  ): Result {
    if (this.boundVersion !== this.buffers.arena.version) this.bind();
    const { device } = this;
    let encoder = device.createCommandEncoder();
    before(encoder);
    let pass = encoder.beginComputePass();
    let held = 0;
    for (const [i, command] of this.commands.entries()) {
      const work = this.workOf[i] ?? 0;
      if (held > 0 && held + work > workPerSubmit) {
        pass.end();
        device.queue.submit([encoder.finish()]);
        encoder = device.createCommandEncoder();
        pass = encoder.beginComputePass();
        held = 0;
      }
      encodeCommand(pass, command);
      held += work;
    }
    pass.end();
    const result = after(encoder);
    device.queue.submit([encoder.finish()]);
    return result;
  }

  /** Where a value lies now; the arena may still grow. */
  locate(id: string): { buffer: GPUBuffer; offset: number; bytes: number } {
    const { segment, offset, bytes } = this.placed(id);
    return { buffer: this.buffers.arena.segment(segment), offset, bytes };
  }

  destroy(): void {
    this.constants.destroy();
  }

  private placed(id: string): PlacedValue {
    const value = this.plan.values.get(id);
    if (value === undefined) throw new Error(`The plan has no value "${id}".`);
    return value;
  }

  private bind(): void {
    const { device, plan, buffers } = this;
    this.boundVersion = buffers.arena.version;
    this.commands = plan.dispatches.map(({ call, buffers: bound, readsStep }, i) => {
      const pipeline = this.pipelines[i];
      if (pipeline === undefined) throw new Error(`Dispatch ${String(i)} has no pipeline.`);
      const resources: GPUBufferBinding[] = [
        { buffer: this.constants, offset: i * uniformAlignment, size: call.constants.length * 4 },
        ...bound.map((reference) => this.resolve(reference)),
        ...(readsStep ? [{ buffer: buffers.step, offset: 0, size: stepParameterBytes }] : []),
      ];
      const group = device.createBindGroup({
        label: call.kernel,
        layout: pipeline.layout,
        entries: resources.map((resource, binding) => ({ binding, resource })),
      });
      return { pipeline: pipeline.pipeline, group, workgroups: call.workgroups };
    });
  }

  private resolve(reference: BufferReference): GPUBufferBinding {
    if (reference.kind === 'value') {
      const { buffer, offset, bytes } = this.locate(reference.id);
      const { part } = reference;
      return { buffer, offset: offset + (part?.offset ?? 0), size: part?.bytes ?? bytes };
    }
    const buffer = this.buffers.parameters[reference.array];
    if (buffer === null) throw new Error(`There is no array "${reference.array}".`);
    return { buffer, offset: reference.offset * 4, size: reference.elements * 4 };
  }
}

/** One uniform buffer for the constants of all dispatches. */
function writeConstants(device: GPUDevice, calls: readonly KernelCall[]): GPUBuffer {
  const bytes = new ArrayBuffer(Math.max(1, calls.length) * uniformAlignment);
  calls.forEach(({ constants }, i) => new Uint32Array(bytes, i * uniformAlignment).set(constants));
  const buffer = device.createBuffer({
    label: 'constants',
    size: bytes.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}
