/**
 * GPU bytes of a training step: the engine's by part, as its plan says and as it makes buffers, beside the
 * largest sum of plain tfjs's live buffers over the same steps.
 */
import { requestEngineDevice } from '../../src/engine/device.ts';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import type { ParameterArray } from '../../src/engine/plan/plan.ts';
import { planStep } from '../../src/engine/plan/planStep.ts';
import type { ModelName } from '../../src/recipe/recipe.ts';
import { meterGpu, type GpuMeter } from './gpuMeter.ts';
import { createRunner, runStep, setUpTraining, type TrainingSettings } from './trainingSetup.ts';

export type MemoryPart = ParameterArray | 'workspace' | 'other';

export interface PartBytes {
  part: MemoryPart;
  /** As the plan says; it leaves out `other`. */
  plannedBytes: number;
  /** In buffers that were there after two steps. */
  allocatedBytes: number;
}

export interface MemoryResult {
  bench: 'memory';
  adapter: string;
  model: ModelName;
  batch: number;
  size: number;
  /** Weights, gradients, momentum, ema; workspace is the arena; other is constants, step parameters, read-backs. */
  parts: PartBytes[];
  plannedBytes: number;
  allocatedBytes: number;
  /** Largest sum of the engine's live buffers over two steps, making it included. */
  peakBytes: number;
  /** The same of plain tfjs. */
  tfjsPeakBytes: number;
  /** tfjs's peak over the engine's. */
  ratio: number;
}

/** Of a second step too: the first has no gradient and momentum that it could hold on to. */
const steps = 2;

const parameterArrays: readonly ParameterArray[] = ['weights', 'gradients', 'momentum', 'ema'];

export async function benchMemory(
  settings: TrainingSettings,
  report: (line: string) => void,
): Promise<MemoryResult> {
  const { model, batch, size } = settings;
  const meter = meterGpu();
  const engine = await requestEngineDevice(navigator.gpu);
  const setup = setUpTraining(engine, settings);
  const plan = planStep({
    ...{ graph: setup.graph, classCount: setup.classCount, batch, sizePx: size, ema: true },
    ...{ frozenStages: new Set(), choice: defaultKernelChoice(engine), storage: 'f32' },
  });
  const arrayBytes = (plan.gpuBytes - plan.workspaceBytes) / parameterArrays.length;

  const measure = async (kind: 'engine' | 'tfjs') => {
    const labelsBefore = new Map(meter.liveByLabel);
    const before = meter.liveBytes;
    meter.peakBytes = before;
    const runner = await createRunner(kind, engine, setup);
    for (let i = 0; i < steps; i += 1) await runStep(engine, runner, setup);
    const peakBytes = meter.peakBytes - before;
    const allocated = allocatedSince(meter, labelsBefore);
    runner.destroy();
    report(`${kind}: peak ${(peakBytes / 2 ** 20).toFixed(1)} MiB`);
    return { peakBytes, allocated };
  };
  const imageBytes = meter.liveBytes;
  const ours = await measure('engine');
  // What is destroyed in turn is gone by the next task; else it would be taken off tfjs's peak.
  await new Promise((resolve) => setTimeout(resolve));
  if (meter.liveBytes !== imageBytes) {
    throw new Error(`The engine left ${String(meter.liveBytes - imageBytes)} bytes after it was destroyed.`);
  }
  const tfjs = await measure('tfjs');

  const parts = ([...parameterArrays, 'workspace', 'other'] as const).map((part): PartBytes => {
    const planned = part === 'other' ? 0 : part === 'workspace' ? plan.workspaceBytes : arrayBytes;
    return { part, plannedBytes: planned, allocatedBytes: ours.allocated.get(part) ?? 0 };
  });
  return {
    ...{ bench: 'memory', adapter: engine.adapterName, model, batch, size, parts },
    plannedBytes: plan.gpuBytes,
    allocatedBytes: parts.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0),
    ...{ peakBytes: ours.peakBytes, tfjsPeakBytes: tfjs.peakBytes },
    ratio: tfjs.peakBytes / ours.peakBytes,
  };
}

/** Live bytes by part, less what was there before. */
function allocatedSince(
  { liveByLabel }: GpuMeter,
  before: ReadonlyMap<string, number>,
): Map<MemoryPart, number> {
  const sums = new Map<MemoryPart, number>();
  for (const [label, bytes] of liveByLabel) {
    const part = partOf(label);
    sums.set(part, (sums.get(part) ?? 0) + bytes - (before.get(label) ?? 0));
  }
  return sums;
}

/** By the labels that src/engine/runtime gives its buffers. */
function partOf(label: string): MemoryPart {
  if (label.startsWith('arena segment')) return 'workspace';
  return parameterArrays.find((array) => array === label) ?? 'other';
}
