/** How fast the engine trains on this adapter: one convolution of a middle layer, forward and both gradients. */
import type { EngineDevice } from '../device.ts';
import { convolutionFlops, filterElements, type ConvolutionShape } from '../kernels/convolution.ts';
import { convolutionFilterGradient, filterGradientShares } from '../kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../kernels/convolutionForward.ts';
import { convolutionInputGradient } from '../kernels/convolutionInputGradient.ts';
import { defaultKernelChoice } from '../kernelChoice.ts';
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

/** Seconds the engine takes for 10⁹ floating-point operations of training. */
export async function measureEngineSpeed(engine: EngineDevice): Promise<number> {
  const { device } = engine;
  const { convolution: variant, workgroups } = defaultKernelChoice(engine);
  const activation = shape.batch * shape.inHeight * shape.inWidth * shape.inChannels;
  const shares = filterGradientShares(shape, variant, workgroups);
  const cache = new PipelineCache(device);
  const storage = (elements: number) =>
    device.createBuffer({ label: 'speed', size: elements * 4, usage: GPUBufferUsage.STORAGE });
  const x = storage(activation);
  const y = storage(activation);
  const w = storage(filterElements(shape) * shares);
  const step = device.createBuffer({ label: 'speed', size: 256, usage: GPUBufferUsage.UNIFORM });
  const made: GPUBuffer[] = [x, y, w, step];
  const passes = await Promise.all(
    (
      [
        [convolutionForward(shape, variant), [x, w, y]],
        [convolutionInputGradient(shape, variant), [y, w, x]],
        [convolutionFilterGradient(shape, variant, shares), [x, y, w]],
      ] as const
    ).map(async ([call, buffers], i) => {
      const readsStep = i === 2 && shares === 1;
      const { pipeline, layout } = await cache.get(call, buffers.length, readsStep);
      const constants = device.createBuffer({
        label: 'speed',
        size: 64,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(constants, 0, Uint32Array.from(call.constants));
      made.push(constants);
      const bound = [constants, ...buffers, ...(readsStep ? [step] : [])];
      const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
      return { pipeline, group: device.createBindGroup({ layout, entries }), workgroups: call.workgroups };
    }),
  );
  const once = async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, workgroups: counts } of passes) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...counts);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  // Some drivers compile at the first use.
  await once();
  const startedMs = performance.now();
  await once();
  const seconds = (performance.now() - startedMs) / 1000;
  for (const buffer of made) buffer.destroy();
  return (wholeStepFactor * seconds) / ((3 * convolutionFlops(shape)) / 1e9);
}
