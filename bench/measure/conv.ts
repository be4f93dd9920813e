/**
 * Every distinct convolution of a network, forward and both gradients: the engine's kernels beside tfjs's, on one
 * device, alternating, medians.
 */
import * as tf from '@tensorflow/tfjs-core';
import { activationShapes } from '../../src/engine/cost.ts';
import { requestEngineDevice, type EngineDevice } from '../../src/engine/device.ts';
import {
  convolutionFilterGradient,
  filterGradientShares,
} from '../../src/engine/kernels/convolutionFilterGradient.ts';
import { convolutionForward } from '../../src/engine/kernels/convolutionForward.ts';
import { convolutionInputGradient } from '../../src/engine/kernels/convolutionInputGradient.ts';
import {
  convolutionFlops,
  filterElements,
  outputSize,
  type ConvolutionShape,
} from '../../src/engine/kernels/convolution.ts';
import { paddedChannels, type KernelCall } from '../../src/engine/kernels/kernel.ts';
import { sumPartials } from '../../src/engine/kernels/update.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { createCommand, encodeCommand } from '../../src/engine/runtime/command.ts';
import { PipelineCache } from '../../src/engine/runtime/pipelines.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import type { ModelName } from '../../src/recipe/recipe.ts';
import { runTfjsOn } from '../../src/tfjs/backend.ts';
import { internalsOf } from '../../src/tfjs/webgpuBackend.ts';
import { alternate, type Contender } from './contender.ts';
import { measurePeakGflops } from './peak.ts';

export interface ConvSettings {
  model: ModelName;
  batch: number;
  size: number;
  /** Timed rounds; the median counts. */
  rounds: number;
  /** Also by jax-js. */
  withJax: boolean;
}

export type Pass = 'forward' | 'input' | 'filter';

export interface ConvRow {
  /** in×side → out×side, kernel, stride. */
  shape: string;
  pass: Pass;
  oursGflops: number;
  tfjsGflops: number;
  /** Null where jax-js was not asked for. */
  jaxGflops: number | null;
}

export interface ConvResult {
  bench: 'conv';
  adapter: string;
  peakGflops: number;
  rows: ConvRow[];
}

export async function benchConv(
  { model, batch, size, rounds, withJax }: ConvSettings,
  report: (line: string) => void,
): Promise<ConvResult> {
  const engine = await requestEngineDevice(navigator.gpu);
  await runTfjsOn(engine);
  const peakGflops = await measurePeakGflops(engine.device);
  if (withJax) await (await import('./jax.ts')).startJax();
  const jax = withJax ? await import('./jaxConv.ts') : null;
  const rows: ConvRow[] = [];
  for (const { name, shape, inChannels } of distinctShapes(model, batch, size)) {
    for (const pass of ['forward', 'input', 'filter'] as const) {
      // The stem's images need no gradient.
      if (pass === 'input' && inChannels === 3) continue;
      const contenders = [
        await prepareOurs(engine, shape, pass),
        prepareTfjs(engine, { ...shape, inChannels }, pass),
        ...(jax === null ? [] : [jax.prepareJax({ ...shape, inChannels }, pass)]),
      ];
      const times = await alternate(contenders, rounds);
      for (const contender of contenders) contender.destroy();
      const flops = convolutionFlops({ ...shape, inChannels });
      const [ours = NaN, tfjs = NaN, byJax = null] = times.map((ms) => flops / ms / 1e6);
      rows.push({ shape: name, pass, oursGflops: ours, tfjsGflops: tfjs, jaxGflops: byJax });
      report(
        `${name} ${pass}: ${ours.toFixed(1)} against ${tfjs.toFixed(1)} and ${byJax?.toFixed(1) ?? '–'} GFLOP/s`,
      );
    }
  }
  return { bench: 'conv', adapter: engine.adapterName, peakGflops, rows };
}

function distinctShapes(model: ModelName, batch: number, size: number) {
  const graph = buildResNet(model, 1000);
  const sides = activationShapes(graph, size);
  const found = new Map<string, { name: string; shape: ConvolutionShape; inChannels: number }>();
  for (const node of graph.nodes) {
    if (node.kind !== 'convolution') continue;
    const inHeight = sides.get(node.input)?.heightPx ?? 0;
    const shape: ConvolutionShape = {
      ...{ batch, inHeight, inWidth: inHeight },
      inChannels: paddedChannels(node.inChannels),
      outChannels: node.outChannels,
      ...{ kernelPx: node.kernelPx, stridePx: node.stridePx, paddingPx: node.paddingPx },
    };
    const { height } = outputSize(shape);
    const kernel = `${String(node.kernelPx)}×${String(node.kernelPx)}${node.stridePx > 1 ? `/${String(node.stridePx)}` : ''}`;
    const name = `${String(node.inChannels)}@${String(inHeight)} → ${String(node.outChannels)}@${String(height)} ${kernel}`;
    found.set(name, { name, shape, inChannels: node.inChannels });
  }
  return [...found.values()];
}

async function prepareOurs(engine: EngineDevice, shape: ConvolutionShape, pass: Pass): Promise<Contender> {
  const { device } = engine;
  const { convolution, workgroups } = defaultKernelChoice(engine);
  const { height, width } = outputSize(shape);
  const shares = pass === 'filter' ? filterGradientShares(shape, convolution.filterGradient, workgroups) : 1;
  const x = noise(device, shape.batch * shape.inHeight * shape.inWidth * shape.inChannels);
  const w = noise(device, filterElements(shape));
  const y = noise(device, shape.batch * height * width * shape.outChannels);
  const partials = noise(device, shares * filterElements(shape));
  const step = device.createBuffer({ size: 256, usage: GPUBufferUsage.UNIFORM });
  const filter = convolutionFilterGradient(shape, convolution.filterGradient, shares);
  const calls: Record<Pass, [call: KernelCall, buffers: GPUBuffer[], readsStep: boolean][]> = {
    forward: [[convolutionForward(shape, convolution.forward), [x, w, y], false]],
    input: [[convolutionInputGradient(shape, convolution.inputGradient), [y, w, x], false]],
    filter:
      shares === 1
        ? [[filter, [x, y, w], true]]
        : [
            [filter, [x, y, partials], false],
            [sumPartials(filterElements(shape), shares), [partials, w], true],
          ],
  };
  const cache = PipelineCache.of(device);
  const made = await Promise.all(
    calls[pass].map(([call, buffers, readsStep]) =>
      createCommand(device, cache, call, buffers, readsStep ? step : null),
    ),
  );
  return {
    run: async (count) => {
      const encoder = device.createCommandEncoder();
      const computePass = encoder.beginComputePass();
      for (let i = 0; i < count; i += 1) {
        for (const { command } of made) encodeCommand(computePass, command);
      }
      computePass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
    destroy: () => {
      for (const buffer of [x, w, y, partials, step, ...made.map(({ constants }) => constants)])
        buffer.destroy();
    },
  };
}

function prepareTfjs({ device }: EngineDevice, shape: ConvolutionShape, pass: Pass): Contender {
  const { batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx, paddingPx } = shape;
  const { height, width } = outputSize(shape);
  const inputShape: [number, number, number, number] = [batch, inHeight, inWidth, inChannels];
  const filterShape: [number, number, number, number] = [kernelPx, kernelPx, inChannels, outChannels];
  const x = tf.randomUniform(inputShape, -1, 1);
  const filter = tf.randomUniform(filterShape, -1, 1);
  const dy = tf.randomUniform([batch, height, width, outChannels], -1, 1);
  const attributes = { strides: stridePx, pad: paddingPx, dataFormat: 'NHWC', dilations: 1 };
  const compute = () =>
    ({
      forward: () => tf.engine().runKernel('Conv2D', { x, filter }, attributes),
      input: () =>
        tf.engine().runKernel('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape }),
      filter: () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape }),
    })[pass]();
  return {
    run: async (count) => {
      for (let i = 0; i < count; i += 1) tf.dispose(compute());
      const backend = internalsOf(tf.backend());
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      await device.queue.onSubmittedWorkDone();
    },
    destroy: () => tf.dispose([x, filter, dy]),
  };
}

function noise(device: GPUDevice, elements: number): GPUBuffer {
  const buffer = device.createBuffer({
    size: elements * 4,
    usage: GPUBufferUsage.STORAGE,
    mappedAtCreation: true,
  });
  const values = new Float32Array(buffer.getMappedRange());
  for (let i = 0; i < elements; i += 1) values[i] = ((i * 7919) % 1000) / 500 - 1;
  buffer.unmap();
  return buffer;
}
