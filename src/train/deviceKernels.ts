/**
 * Which kernels a device gets: the default or what tuning found, as far as the self-test finds them right.
 *
 * A graphics processor is tested as soon as it is there, in well under a second, and the first run waits for that.
 * A software adapter is tested only when the Device view asks: it compiles for a second a kernel, which would come
 * before the first loss of every visit, and its compiler is the one that these kernels are tested with.
 */
import type { EngineDevice } from '../engine/device.ts';
import { convolutionPasses, defaultKernelChoice } from '../engine/kernelChoice.ts';
import { variantName } from '../engine/kernels/convolution.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import { selfTest, type SelfTestResult, type Watching } from '../engine/selfTest/selfTest.ts';
import { measureChoice, tune, type PassSpeeds } from '../engine/tuning/tune.ts';
import type { KernelsReport } from './reports.ts';
import { tuningKey, type Tuning, type TuningStore } from './tuningStore.ts';

/** What is known of one device; a new one, after a loss, starts anew. */
interface Known {
  engine: EngineDevice;
  tuning: Tuning | null;
  /** Why a tuning could not be read or kept. */
  storageProblem: string | null;
  /** Of the choice as it was then. */
  test: Promise<SelfTestResult> | null;
  result: SelfTestResult | null;
  gflops: PassSpeeds | null;
}

export interface KernelDecision {
  /** Null: the engine cannot be used here. */
  choice: KernelChoice | null;
  /** What the self-test found wrong; null where nothing. */
  message: string | null;
}

export class DeviceKernels {
  private known: { device: GPUDevice; state: Promise<Known> } | null = null;

  /** @param browser its user-agent string: part of what a tuning is kept under */
  constructor(
    private readonly openStore: () => Promise<TuningStore>,
    private readonly browser: string,
  ) {}

  /** Begins the self-test where it costs little; see above. */
  begin(engine: EngineDevice): void {
    if (engine.isSoftware) return;
    // Whoever waits for the result sees why it fails.
    this.tested(engine).catch(() => undefined);
  }

  /** What a new run is to use. */
  async decide(engine: EngineDevice): Promise<KernelDecision> {
    const state = await this.state(engine);
    const result = engine.isSoftware ? state.result : await this.tested(engine);
    return result ?? { choice: chosen(state), message: null };
  }

  /** The choice for estimates: tests nothing, but lets a test that is under way end, which timings would disturb. */
  async expected(engine: EngineDevice): Promise<KernelChoice> {
    const state = await this.state(engine);
    await state.test?.catch(() => undefined);
    return state.result?.choice ?? chosen(state);
  }

  /** Runs the self-test, and times what it leaves. */
  async check(engine: EngineDevice, watching: Watching): Promise<KernelsReport> {
    const state = await this.state(engine);
    await this.test(state, watching);
    const choice = state.result?.choice;
    if (choice != null) state.gflops = await measureChoice(engine, choice, watching);
    return this.report(engine);
  }

  /** Times all candidates, tests the fastest and keeps what is right of it. */
  async tune(engine: EngineDevice, watching: Watching): Promise<KernelsReport> {
    const state = await this.state(engine);
    const found = await tune(engine, chosen(state), watching);
    const result = await selfTest(engine, found.choice, watching);
    state.result = result;
    if (result.choice === null) return this.report(engine);
    // What was found wrong is replaced by what was not timed, or not as the fastest.
    const isAsFound = result.message === null;
    state.gflops = isAsFound ? found.gflops : await measureChoice(engine, result.choice, watching);
    state.tuning = { choice: result.choice, gflops: state.gflops, tunedAtMs: Date.now() };
    try {
      const store = await this.openStore();
      await store.put(tuningKey(engine, this.browser), state.tuning);
      state.storageProblem = null;
    } catch (error) {
      state.storageProblem = `The tuning holds until the page is closed. ${messageOf(error)}`;
    }
    return this.report(engine);
  }

  /** Waits for a self-test that is under way. */
  async report(engine: EngineDevice): Promise<KernelsReport> {
    const state = await this.state(engine);
    await state.test?.catch(() => undefined);
    const choice = state.result?.choice ?? chosen(state);
    return {
      passes: convolutionPasses.map((pass) => ({
        pass,
        variant: variantName(choice.convolution[pass]),
        gflops: state.gflops?.[pass] ?? null,
      })),
      workgroups: choice.workgroups,
      tunedAtMs: state.tuning?.tunedAtMs ?? null,
      selfTest:
        state.result === null
          ? null
          : {
              checks: state.result.checks,
              message: state.result.message,
              isUsable: state.result.choice !== null,
            },
      storageProblem: state.storageProblem,
    };
  }

  private async tested(engine: EngineDevice): Promise<SelfTestResult> {
    const state = await this.state(engine);
    return state.result ?? (await this.test(state, {}));
  }

  /** One test at a time: whoever asks meanwhile waits for the same, unless it is cancelled. */
  private async test(state: Known, watching: Watching): Promise<SelfTestResult> {
    const running = state.test;
    if (running !== null) return await running;
    state.test = selfTest(state.engine, chosen(state), watching);
    try {
      state.result = await state.test;
      return state.result;
    } finally {
      state.test = null;
    }
  }

  private state(engine: EngineDevice): Promise<Known> {
    if (this.known?.device !== engine.device) {
      this.known = { device: engine.device, state: this.load(engine) };
    }
    return this.known.state;
  }

  private async load(engine: EngineDevice): Promise<Known> {
    const state = { engine, storageProblem: null, test: null, result: null };
    try {
      const tuning = await (await this.openStore()).read(tuningKey(engine, this.browser));
      return { ...state, tuning, gflops: tuning?.gflops ?? null };
    } catch (error) {
      // Private windows refuse storage; the defaults are good.
      return { ...state, tuning: null, gflops: null, storageProblem: messageOf(error) };
    }
  }
}

function chosen({ engine, tuning }: Known): KernelChoice {
  return tuning?.choice ?? defaultKernelChoice(engine);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
