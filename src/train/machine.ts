/** The device training runs on: found when first needed, found anew when lost, and how fast and large it is. */
import { NoDeviceError, type EngineDevice } from '../engine/device.ts';
import { measureEngineSpeed } from '../engine/runtime/measureSpeed.ts';
import { measureSecondsPerGflop } from '../tfjs/measureSpeed.ts';
import type { DeviceKernels } from './deviceKernels.ts';
import type { MachineLimits, MachineSpeed } from './estimate.ts';
import type { DeviceReport, RunnerKind } from './reports.ts';
import type { RunRecord } from './runStore.ts';
import { deviceLimits } from './tuningStore.ts';

export class Machine {
  private engine: Promise<EngineDevice> | null = null;
  private readonly measured = new Map<RunnerKind, Promise<number>>();

  /** @param memoryBudgetBytes what a step may take on the GPU; see MachineLimits */
  constructor(
    private readonly requestDevice: () => Promise<EngineDevice>,
    private readonly kernels: DeviceKernels,
    private readonly memoryBudgetBytes: number,
  ) {}

  /** @throws NoDeviceError when there is none; the next call asks again */
  async device(): Promise<EngineDevice> {
    this.engine ??= this.requestDevice();
    try {
      return await this.engine;
    } catch (error) {
      this.engine = null;
      throw error;
    }
  }

  async report(): Promise<DeviceReport> {
    try {
      const engine = await this.device();
      const { adapterName, isSoftware, device } = engine;
      this.kernels.begin(engine);
      return {
        ok: true,
        adapter: adapterName,
        isSoftware,
        features: [...device.features].sort(),
        limits: deviceLimits(device),
      };
    } catch (error) {
      if (error instanceof NoDeviceError) return { ok: false, reason: error.reason, message: error.message };
      throw error;
    }
  }

  /** From earlier runs on this adapter, newest first; else from a measurement that takes a second or two. */
  async speed(runner: RunnerKind, earlierRuns: readonly RunRecord[]): Promise<MachineSpeed> {
    const engine = await this.device();
    const earlier = earlierRuns.find(
      (run) => run.runner === runner && run.speed?.adapter === engine.adapterName,
    )?.speed;
    if (earlier != null) return { ...earlier, basis: 'from the speed of your last run here' };
    const measuring =
      this.measured.get(runner) ??
      (runner === 'tfjs'
        ? measureSecondsPerGflop(engine)
        : this.kernels.expected(engine).then((choice) => measureEngineSpeed(engine, choice)));
    this.measured.set(runner, measuring);
    return {
      secondsPerGflop: await measuring,
      basis: 'from a short measurement of one convolution here',
    };
  }

  async limits(): Promise<MachineLimits> {
    const { device } = await this.device();
    return {
      maxBindingBytes: device.limits.maxStorageBufferBindingSize,
      maxBufferBytes: device.limits.maxBufferSize,
      memoryBudgetBytes: this.memoryBudgetBytes,
      features: device.features,
    };
  }

  /** Why the device is lost, and forgets it then; null while it is there. */
  async takeLoss(engine: EngineDevice): Promise<string | null> {
    const lost = engine.device.lost.then(({ message, reason }) => (message === '' ? reason : message));
    // A lost device's promise is settled already, and wins over one that takes a turn longer.
    const stillThere = Promise.resolve().then(() => Promise.resolve(null));
    const reason = await Promise.race([lost, stillThere]);
    if (reason !== null) {
      this.engine = null;
      this.measured.clear();
    }
    return reason;
  }
}
