/** How long commands take: by the GPU's own clock where the device has one, else by the queue's. */
import { encodeCommand, type Command } from './command.ts';

export class GpuTimer {
  private readonly queries: GPUQuerySet | null;
  private readonly resolved: GPUBuffer | null;
  private readonly staging: GPUBuffer | null;

  constructor(private readonly device: GPUDevice) {
    const hasClock = device.features.has('timestamp-query');
    this.queries = hasClock ? device.createQuerySet({ type: 'timestamp', count: 2 }) : null;
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.resolved = hasClock ? device.createBuffer({ label: 'timer', size: 16, usage }) : null;
    this.staging = hasClock
      ? device.createBuffer({
          ...{ label: 'timer', size: 16 },
          usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
        })
      : null;
  }

  /** Seconds for running the commands `count` times, one after the other in one pass. */
  async seconds(commands: readonly Command[], count: number): Promise<number> {
    const { device, queries, resolved, staging } = this;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass(
      queries === null
        ? {}
        : {
            timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
          },
    );
    for (let i = 0; i < count; i += 1) for (const command of commands) encodeCommand(pass, command);
    pass.end();
    if (queries !== null && resolved !== null && staging !== null) {
      encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
    }
    const startedMs = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    const byQueue = (performance.now() - startedMs) / 1000;
    if (staging === null) return byQueue;
    await staging.mapAsync(GPUMapMode.READ);
    const [begin = 0n, end = 0n] = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.unmap();
    const byClock = Number(end - begin) / 1e9;
    // Some drivers leave zeros, or a clock that ran backwards when the processor changed its speed.
    return byClock > 0 && byClock <= byQueue ? byClock : byQueue;
  }

  destroy(): void {
    this.queries?.destroy();
    this.resolved?.destroy();
    this.staging?.destroy();
  }
}
