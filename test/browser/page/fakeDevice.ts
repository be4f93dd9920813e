/** Self-test, tuning and comparison of the fake trainer: they only take their time. */
import type {
  ComparisonQuestion,
  DeviceTaskProgress,
  KernelCheck,
  KernelsReport,
  StepComparison,
} from '../../../src/protocol.ts';

const stepMs = 60;
const kernels = [
  'batchNormStatistics',
  'convolutionForward tiled 64×64 +statistics',
  'convolutionInputGradient tiled 64×64 +batchNorm',
  'convolutionFilterGradient tiled 64×64 /3',
  'softmaxCrossEntropy',
  'sgdStep +ema',
];
const wrongKernel = 'convolutionInputGradient tiled 64×64 +batchNorm';

export class FakeDevice {
  #report: KernelsReport = {
    passes: (['forward', 'inputGradient', 'filterGradient'] as const).map((pass) => ({
      pass,
      variant: 'tiled 64×64',
      gflops: null,
    })),
    workgroups: 512,
    tunedAtMs: null,
    selfTest: null,
    storageProblem: null,
  };
  #task = new AbortController();

  constructor(private readonly findsWrongKernel: boolean) {}

  kernels(): Promise<KernelsReport> {
    return Promise.resolve(this.#report);
  }

  async selfTest(onProgress: (progress: DeviceTaskProgress) => void): Promise<KernelsReport> {
    await this.#take(kernels, onProgress);
    const checks = kernels.map((kernel): KernelCheck => {
      const ok = !this.findsWrongKernel || kernel !== wrongKernel;
      return { kernel, pass: null, ok, worstError: ok ? 2.9e-6 : 0.31, problem: null };
    });
    const message = this.findsWrongKernel
      ? `The kernel "${wrongKernel}" computes wrong results on this device (off by 0.31, 0.0002 is allowed). The variant "direct 8×32" is right and is used instead.`
      : null;
    this.#report = { ...this.#report, selfTest: { checks, message, isUsable: true } };
    return this.#report;
  }

  async tune(onProgress: (progress: DeviceTaskProgress) => void): Promise<KernelsReport> {
    await this.#take(kernels, onProgress);
    this.#report = {
      ...this.#report,
      passes: this.#report.passes.map((entry, i) => ({ ...entry, gflops: 1234.5 - 300 * i })),
      tunedAtMs: Date.now(),
    };
    return this.#report;
  }

  async compareRunners(
    question: ComparisonQuestion,
    onProgress: (progress: DeviceTaskProgress) => void,
  ): Promise<StepComparison> {
    await this.#take(['first step of the engine', 'first step of plain tfjs', 'timing'], onProgress);
    return {
      ...question,
      adapter: 'intel gen-12lp',
      engine: { msPerStep: 21.5, firstStepMs: 1800, firstLoss: 7.10234 },
      tfjs: { msPerStep: 150.5, firstStepMs: 4200, firstLoss: 7.10235 },
    };
  }

  cancelDeviceTask(): Promise<void> {
    this.#task.abort(new DOMException('Cancelled.', 'AbortError'));
    return Promise.resolve();
  }

  async #take(labels: string[], onProgress: (progress: DeviceTaskProgress) => void): Promise<void> {
    this.#task = new AbortController();
    for (const [done, label] of labels.entries()) {
      onProgress({ label, done, total: labels.length });
      await new Promise((resolve) => setTimeout(resolve, stepMs));
      this.#task.signal.throwIfAborted();
    }
  }
}
