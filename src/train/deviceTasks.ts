/** Self-test, tuning and comparison as the page asks for them: one at a time, and not beside a run. */
import type { EngineDevice } from '../engine/device.ts';
import type { Watching } from '../engine/selfTest/selfTest.ts';
import { compareRunners } from './compareRunners.ts';
import type { DeviceKernels } from './deviceKernels.ts';
import type { Machine } from './machine.ts';
import { CannotTrainError } from './openTrainer.ts';
import type { ComparisonQuestion, DeviceTaskProgress, KernelsReport, StepComparison } from './reports.ts';

export type OnDeviceProgress = (progress: DeviceTaskProgress) => void;

export class DeviceTasks {
  private running: AbortController | null = null;

  /** @param requireIdle throws where a run, or another task, has the device; its argument says what for */
  constructor(
    private readonly machine: Machine,
    private readonly deviceKernels: DeviceKernels,
    private readonly requireIdle: (purpose: string) => void,
  ) {}

  async kernels(): Promise<KernelsReport> {
    return await this.deviceKernels.report(await this.machine.device());
  }

  async selfTest(onProgress: OnDeviceProgress): Promise<KernelsReport> {
    return await this.run('test the kernels', onProgress, (engine, watching) =>
      this.deviceKernels.check(engine, watching),
    );
  }

  async tune(onProgress: OnDeviceProgress): Promise<KernelsReport> {
    return await this.run('tune the kernels', onProgress, (engine, watching) =>
      this.deviceKernels.tune(engine, watching),
    );
  }

  async compareRunners(question: ComparisonQuestion, onProgress: OnDeviceProgress): Promise<StepComparison> {
    return await this.run('compare with plain tfjs', onProgress, async (engine, watching) => {
      const { choice, message } = await this.deviceKernels.decide(engine);
      if (choice === null) throw new CannotTrainError(message ?? 'The engine cannot be used here.');
      return await compareRunners(engine, choice, question, watching);
    });
  }

  cancel(): void {
    this.running?.abort(new DOMException('Cancelled.', 'AbortError'));
  }

  /** @throws CannotTrainError while a task is under way */
  requireNone(purpose: string): void {
    if (this.running === null) return;
    throw new CannotTrainError(
      `The device is being measured in the Device view. Wait for it, or cancel it there, to ${purpose}.`,
    );
  }

  private async run<Result>(
    purpose: string,
    onProgress: OnDeviceProgress,
    work: (engine: EngineDevice, watching: Watching) => Promise<Result>,
  ): Promise<Result> {
    this.requireIdle(purpose);
    const task = new AbortController();
    this.running = task;
    const report = (label: string, done: number, total: number) => onProgress({ label, done, total });
    try {
      const engine = await this.machine.device();
      const [outcome] = await Promise.allSettled([work(engine, { onProgress: report, signal: task.signal })]);
      const lost = await this.machine.takeLoss(engine);
      if (lost !== null) {
        throw new CannotTrainError(
          `The graphics device was lost (${lost}) while it was measured. Try again; if it is lost again, train with the kernels as they are.`,
        );
      }
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    } finally {
      this.running = null;
    }
  }
}
