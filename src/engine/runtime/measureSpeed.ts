/** How fast the engine trains on this adapter: one convolution of a middle layer, forward and both gradients. */
import type { EngineDevice } from '../device.ts';
import { convolutionFlops, filterElements, type ConvolutionShape } from '../kernels/convolution.ts';
import { convolutionFilterGradient, filterGradientShares } from '../kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../kernels/convolutionForward.ts';
import { convolutionInputGradient } from '../kernels/convolutionInputGradient.ts';
import type { KernelChoice } from '../plan/builder.ts';
import { createCommand, encodeCommand } from './command.ts';
import { PipelineCache } from './pipelines.ts';

const shape: ConvolutionShape = {
  ...{ batch: 8, inHeight: 16, inWidth: 16, inChannels: 64, outChannels: 64 },
  ...{ kernelPx: 3, stridePx: 1, paddingPx: 1 },
};

/**
 * Batch norm, small layers and the optimizer come on top of convolutions: a whole ResNet-50 step at batch 8 and
 * 64 px takes this much longer than its convolutions alone (docs/BENCHMARKS.md).
 */
const wholeStepFactor = 1.3;

/** The median of so many counts: a page that has just been opened is still busy. */
const rounds = 5;

/** Seconds the engine takes for 10⁹ floating-point operations of training. */
export async function measureEngineSpeed(
  { device }: EngineDevice,
  { convolution, workgroups }: KernelChoice,
): Promise<number> {
  const activation = shape.batch * shape.inHeight * shape.inWidth * shape.inChannels;
  const shares = filterGradientShares(shape, convolution.filterGradient, workgroups);
  const cache = PipelineCache.of(device);
  const storage = (elements: number) =>
    device.createBuffer({ label: 'speed', size: elements * 4, usage: GPUBufferUsage.STORAGE });
  const x = storage(activation);
  const y = storage(activation);
  const w = storage(filterElements(shape) * shares);
  const step = device.createBuffer({ label: 'speed', size: 256, usage: GPUBufferUsage.UNIFORM });
  const made = await Promise.all([
    createCommand(device, cache, convolutionForward(shape, convolution.forward), [x, w, y], null),
    createCommand(device, cache, convolutionInputGradient(shape, convolution.inputGradient), [y, w, x], null),
    createCommand(
      device,
      cache,
      convolutionFilterGradient(shape, convolution.filterGradient, shares),
      [x, y, w],
      shares === 1 ? step : null,
    ),
  ]);
  const once = async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { command } of made) encodeCommand(pass, command);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  // Some drivers compile at the first use.
  await once();
  const times: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const startedMs = performance.now();
    await once();
    times.push((performance.now() - startedMs) / 1000);
  }
  const seconds = times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN;
  for (const buffer of [x, y, w, step, ...made.map(({ constants }) => constants)]) buffer.destroy();
  return (wholeStepFactor * seconds) / ((3 * convolutionFlops(shape)) / 1e9);
}
