/**
 * Finds the fastest kernels for a device by timing them: for each pass of a convolution the variant, and for the
 * filter gradient into how many workgroups it is split.
 *
 * Each candidate computes the same few layers of a ResNet. Every stage of these networks costs about the same, so
 * the sum over one layer of each stage stands for the network.
 */
import type { EngineDevice } from '../device.ts';
import { convolutionPasses, convolutionVariants } from '../kernelChoice.ts';
import { variantName, type ConvolutionShape, type ConvolutionVariant } from '../kernels/convolution.ts';
import type { ConvolutionPass, KernelChoice } from '../plan/builder.ts';
import { GpuTimer } from '../runtime/gpuTimer.ts';
import type { Watching } from '../selfTest/selfTest.ts';
import { createPassCommands, type Candidate } from './passCommands.ts';

/** 10⁹ floating-point operations a second, a multiply-add counted as two. */
export type PassSpeeds = Record<ConvolutionPass, number>;

export interface TuningResult {
  choice: KernelChoice;
  gflops: PassSpeeds;
}

/** Another candidate must beat the present choice by this much: timings of the same kernel differ by some per cent. */
const leastGain = 1.05;
/** What is timed takes at least this long, so that starting it does not count. */
const leastSeconds = 0.02;
const rounds = 3;

/**
 * Times all candidates and returns the fastest; `current` where nothing is clearly faster.
 * @throws the signal's reason when it is aborted
 */
export async function tune(
  engine: EngineDevice,
  current: KernelChoice,
  watching: Watching = {},
): Promise<TuningResult> {
  const jobs = convolutionPasses.map((pass) => ({ pass, candidates: candidatesFor(engine, current, pass) }));
  const total = jobs.reduce((sum, { candidates }) => sum + candidates.length, 0);
  let done = 0;
  const convolution = { ...current.convolution };
  const gflops: PassSpeeds = { forward: 0, inputGradient: 0, filterGradient: 0 };
  let { workgroups } = current;
  const timer = new GpuTimer(engine.device);
  try {
    for (const { pass, candidates } of jobs) {
      for (const candidate of candidates) {
        watching.onProgress?.(`${pass} ${variantName(candidate.variant)}`, done, total);
        const speed = await passSpeed(engine, timer, pass, candidate, watching.signal);
        done += 1;
        // The first candidate is the present choice.
        if (gflops[pass] > 0 && speed < gflops[pass] * leastGain) continue;
        gflops[pass] = speed;
        convolution[pass] = candidate.variant;
        if (pass === 'filterGradient') ({ workgroups } = candidate);
      }
    }
  } finally {
    timer.destroy();
  }
  return { choice: { ...current, convolution, workgroups }, gflops };
}

/** How fast a choice is on this device. */
export async function measureChoice(
  engine: EngineDevice,
  { convolution, workgroups }: KernelChoice,
  watching: Watching = {},
): Promise<PassSpeeds> {
  const timer = new GpuTimer(engine.device);
  const gflops: PassSpeeds = { forward: 0, inputGradient: 0, filterGradient: 0 };
  try {
    for (const [done, pass] of convolutionPasses.entries()) {
      watching.onProgress?.(`speed of ${pass}`, done, convolutionPasses.length);
      const candidate = { variant: convolution[pass], workgroups };
      gflops[pass] = await passSpeed(engine, timer, pass, candidate, watching.signal);
    }
  } finally {
    timer.destroy();
  }
  return gflops;
}

/** What is timed for a pass, the present choice first. */
export function candidatesFor(
  engine: EngineDevice,
  current: KernelChoice,
  pass: ConvolutionPass,
): Candidate[] {
  const present: Candidate = { variant: current.convolution[pass], workgroups: current.workgroups };
  const all = convolutionVariants(engine).flatMap(({ rows, tileRows }) =>
    pass === 'filterGradient'
      ? workgroupCounts(engine).map((workgroups) => ({ variant: { rows, tileRows }, workgroups }))
      : rowCounts({ rows, tileRows }).map((count) => ({
          variant: { rows, tileRows: count },
          workgroups: current.workgroups,
        })),
  );
  const same = ({ variant, workgroups }: Candidate) =>
    variant.rows === present.variant.rows &&
    workgroups === present.workgroups &&
    // The filter gradient has tiles of channels, not of rows.
    (pass === 'filterGradient' || variant.tileRows === present.variant.tileRows);
  return [present, ...all.filter((candidate) => !same(candidate))];
}

function rowCounts({ rows, tileRows }: ConvolutionVariant): number[] {
  return rows === 'tiled' ? [tileRows] : [8, 16];
}

function workgroupCounts({ isSoftware }: EngineDevice): number[] {
  return isSoftware ? [8, 32] : [128, 512, 2048];
}

/** One convolution of each kind: 3×3 early, middle and late, 1×1 in both directions, and with stride 2. */
function shapesFor(isSoftware: boolean): ConvolutionShape[] {
  // A processor takes seconds for what keeps a graphics processor busy: images of 64 px there, else of 176.
  const [batch, side] = isSoftware ? [2, 16] : [16, 44];
  const layer = (
    stage: number,
    [inChannels, outChannels]: readonly [number, number],
    kernelPx: number,
    stridePx = 1,
  ): ConvolutionShape => {
    const px = Math.ceil(side / 2 ** stage);
    const paddingPx = (kernelPx - 1) / 2;
    return { batch, inHeight: px, inWidth: px, inChannels, outChannels, kernelPx, stridePx, paddingPx };
  };
  return [
    layer(0, [64, 64], 3),
    layer(0, [64, 256], 1),
    layer(0, [128, 128], 3, 2),
    layer(2, [256, 256], 3),
    layer(2, [1024, 256], 1),
    layer(3, [512, 512], 3),
  ];
}

async function passSpeed(
  { device, isSoftware }: EngineDevice,
  timer: GpuTimer,
  pass: ConvolutionPass,
  candidate: Candidate,
  signal: AbortSignal | undefined,
): Promise<number> {
  let flops = 0;
  let seconds = 0;
  for (const shape of shapesFor(isSoftware)) {
    signal?.throwIfAborted();
    const made = await createPassCommands(device, pass, shape, candidate);
    try {
      // Some drivers compile at the first use.
      await timer.seconds(made.commands, 1);
      const once = await timer.seconds(made.commands, 1);
      const count = Math.max(1, Math.ceil(leastSeconds / Math.max(once, 1e-6)));
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) times.push(await timer.seconds(made.commands, count));
      flops += made.flops;
      // The least: everything that disturbs a timing makes it longer.
      seconds += Math.min(...times) / count;
    } finally {
      made.destroy();
    }
  }
  return flops / seconds / 1e9;
}
