/**
 * Runs every kernel of a training step on a small shape and compares it with double precision on the CPU: drivers
 * and shader compilers have bugs, and a wrong gradient looks like a network that learns badly.
 *
 * Where a variant is wrong the next one is tried, for each pass by itself. Pipelines come from the device's cache,
 * so what is compiled here is not compiled again by a run.
 */
import type { EngineDevice } from '../device.ts';
import { convolutionPasses, convolutionVariants } from '../kernelChoice.ts';
import { variantName, type ConvolutionVariant } from '../kernels/convolution.ts';
import { stepParameterBytes } from '../kernels/kernel.ts';
import type { ConvolutionPass, KernelChoice } from '../plan/builder.ts';
import { createCommand, encodeCommand } from '../runtime/command.ts';
import { PipelineCache } from '../runtime/pipelines.ts';
import { readBuffer } from '../runtime/readBuffer.ts';
import { convolutionCases } from './convolutionCases.ts';
import { tolerance, worstError, type KernelCase } from './kernelCase.ts';
import { layerCases } from './layerCases.ts';

export interface KernelCheck {
  kernel: string;
  /** The pass it is a variant of; null where there is only one. */
  pass: ConvolutionPass | null;
  ok: boolean;
  /** As a share of the root mean square of the result; null where the kernel did not run. */
  worstError: number | null;
  /** What is wrong, for a person; null where nothing is. */
  problem: string | null;
}

export interface SelfTestResult {
  checks: KernelCheck[];
  /** The choice that was asked for, with other variants where its own were wrong; null where none is right. */
  choice: KernelChoice | null;
  /** What is wrong and what follows from it; null where all is well. */
  message: string | null;
}

export interface Watching {
  onProgress?: (kernel: string, done: number, total: number) => void;
  /** @throws the signal's reason, between two kernels */
  signal?: AbortSignal;
}

/**
 * @param preferred the choice to test
 * @throws the signal's reason when it is aborted
 */
export async function selfTest(
  engine: EngineDevice,
  preferred: KernelChoice,
  watching: Watching = {},
): Promise<SelfTestResult> {
  const tester = new Tester(engine.device, watching);
  const shared = layerCases();
  const first = convolutionPasses.map((pass) => convolutionCases(pass, preferred.convolution[pass]));
  tester.expect([...shared, ...first.flat()]);
  const layersAreRight = await tester.check(null, shared);
  let fatal = layersAreRight ? null : tester.firstProblem(null);
  const convolution = { ...preferred.convolution };
  const replaced: string[] = [];
  for (const [i, pass] of convolutionPasses.entries()) {
    if (await tester.check(pass, first[i] ?? [])) continue;
    const problem = tester.firstProblem(pass);
    const own = preferred.convolution[pass];
    const other = await tester.firstRight(
      pass,
      convolutionVariants(engine).filter(({ rows }) => rows !== own.rows),
    );
    if (other === null) {
      fatal ??= problem;
    } else {
      convolution[pass] = other;
      replaced.push(`${problem} The variant "${variantName(other)}" is right and is used instead.`);
    }
  }
  const { checks } = tester;
  if (fatal === null) {
    const message = replaced.length === 0 ? null : replaced.join(' ');
    return { checks, choice: { ...preferred, convolution }, message };
  }
  const message = `${fatal} Nothing else is right in its place, so runs are computed by plain tfjs, which is slower. Update the graphics driver and the browser.`;
  return { checks, choice: null, message };
}

class Tester {
  readonly checks: KernelCheck[] = [];
  private done = 0;
  private total = 0;
  private readonly cache: PipelineCache;

  constructor(
    private readonly device: GPUDevice,
    private readonly watching: Watching,
  ) {
    this.cache = PipelineCache.of(device);
  }

  /** Begins to compile these cases, all at the same time. */
  expect(cases: readonly KernelCase[]): void {
    this.total += cases.length;
    for (const { call, buffers, step } of cases) {
      // What does not compile is reported by check().
      this.cache.get(call, buffers.length, step !== null).catch(() => undefined);
    }
  }

  /** Whether all of them are right. */
  async check(pass: ConvolutionPass | null, cases: readonly KernelCase[]): Promise<boolean> {
    let isRight = true;
    for (const kernelCase of cases) {
      this.watching.signal?.throwIfAborted();
      const { kernel } = kernelCase.call;
      this.watching.onProgress?.(kernel, this.done, this.total);
      const check = { kernel, pass, ...(await this.outcome(kernelCase)) };
      this.checks.push(check);
      this.done += 1;
      isRight &&= check.ok;
    }
    return isRight;
  }

  /** The first of these variants whose kernels of the pass are right. */
  async firstRight(
    pass: ConvolutionPass,
    variants: readonly ConvolutionVariant[],
  ): Promise<ConvolutionVariant | null> {
    for (const variant of variants) {
      const cases = convolutionCases(pass, variant);
      this.expect(cases);
      if (await this.check(pass, cases)) return variant;
    }
    return null;
  }

  firstProblem(pass: ConvolutionPass | null): string {
    return this.checks.find((check) => check.pass === pass && !check.ok)?.problem ?? '';
  }

  private async outcome(kernelCase: KernelCase): Promise<Omit<KernelCheck, 'kernel' | 'pass'>> {
    const { kernel } = kernelCase.call;
    try {
      const worst = Math.max(...(await this.errors(kernelCase)));
      const ok = worst <= tolerance;
      const problem = `The kernel "${kernel}" computes wrong results on this device (off by ${worst.toPrecision(2)}, ${String(tolerance)} is allowed).`;
      return { ok, worstError: worst, problem: ok ? null : problem };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, worstError: null, problem: `The kernel "${kernel}" does not run here: ${reason}` };
    }
  }

  /** The worst error of each expectation. */
  private async errors({ call, buffers, step, expected }: KernelCase): Promise<number[]> {
    const { device, cache } = this;
    const upload = (values: Float32Array<ArrayBuffer>, usage: number) => {
      const buffer = device.createBuffer({ label: 'self-test', size: values.byteLength, usage });
      device.queue.writeBuffer(buffer, 0, values);
      return buffer;
    };
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const bound = buffers.map((values) => upload(values, storage));
    const parameters = new Float32Array(stepParameterBytes / 4);
    parameters.set(step ?? []);
    const stepBuffer = upload(parameters, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    const owned = [...bound, stepBuffer];
    try {
      const { command, constants } = await createCommand(
        device,
        cache,
        call,
        bound,
        step === null ? null : stepBuffer,
      );
      owned.push(constants);
      const encoder = device.createCommandEncoder();
      const computePass = encoder.beginComputePass();
      encodeCommand(computePass, command);
      computePass.end();
      device.queue.submit([encoder.finish()]);
      return await Promise.all(
        expected.map(async ({ buffer, values, of }) => {
          const source = bound[buffer];
          if (source === undefined) throw new Error(`"${call.kernel}" has no buffer ${String(buffer)}.`);
          const left = await readBuffer(device, source, 0, source.size);
          return worstError(of === undefined ? left : of(left), values);
        }),
      );
    } finally {
      for (const buffer of owned) buffer.destroy();
    }
  }
}
