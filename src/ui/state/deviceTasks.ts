/** What the Device view asks of the device: its kernels, the self-test, the tuning, the comparison with tfjs. */
import { computed, signal } from '@preact/signals';
import type {
  ComparisonQuestion,
  DeviceTaskProgress,
  KernelsReport,
  StepComparison,
  TrainerApi,
} from '../../protocol.ts';
import { messageOf } from '../../format.ts';

export type DeviceTask = 'selfTest' | 'tune' | 'compare';

const offerKey = 'tabtrain:tuning-offered';

export class DeviceTasks {
  readonly kernels = signal<KernelsReport | null>(null);
  readonly comparison = signal<StepComparison | null>(null);
  /** What is under way; one at a time. */
  readonly running = signal<{ task: DeviceTask; progress: DeviceTaskProgress | null } | null>(null);
  readonly error = signal<{ task: DeviceTask; message: string } | null>(null);
  /** The page offers to tune once: the answer, whichever, is remembered. */
  readonly #answered = signal(wasAnswered());
  readonly offersTuning = computed(
    () => !this.#answered.value && this.kernels.value?.tunedAtMs === null && this.running.value === null,
  );

  constructor(private readonly trainer: TrainerApi) {}

  /** Asks for the kernels as they are; measures nothing. */
  async load(): Promise<void> {
    try {
      this.kernels.value = await this.trainer.kernels();
    } catch (error) {
      this.error.value = { task: 'selfTest', message: messageOf(error) };
    }
  }

  async selfTest(): Promise<void> {
    await this.#run('selfTest', async (onProgress) => {
      this.kernels.value = await this.trainer.selfTest(onProgress);
    });
  }

  async tune(): Promise<void> {
    this.answerOffer();
    await this.#run('tune', async (onProgress) => {
      this.kernels.value = await this.trainer.tune(onProgress);
    });
  }

  async compare(question: ComparisonQuestion): Promise<void> {
    await this.#run('compare', async (onProgress) => {
      this.comparison.value = await this.trainer.compareRunners(question, onProgress);
    });
  }

  cancel(): void {
    // What is under way rejects, and says so.
    void this.trainer.cancelDeviceTask();
  }

  answerOffer(): void {
    this.#answered.value = true;
    try {
      localStorage.setItem(offerKey, 'yes');
    } catch {
      // Not remembered in a private window: the next visit offers again.
    }
  }

  async #run(
    task: DeviceTask,
    work: (onProgress: (progress: DeviceTaskProgress) => void) => Promise<void>,
  ): Promise<void> {
    if (this.running.peek() !== null) return;
    this.running.value = { task, progress: null };
    this.error.value = null;
    try {
      await work((progress) => {
        if (this.running.peek()?.task === task) this.running.value = { task, progress };
      });
    } catch (error) {
      const wasCancelled = error instanceof Error && error.name === 'AbortError';
      if (!wasCancelled) this.error.value = { task, message: messageOf(error) };
    } finally {
      this.running.value = null;
    }
  }
}

function wasAnswered(): boolean {
  try {
    return localStorage.getItem(offerKey) !== null;
  } catch {
    return false;
  }
}
