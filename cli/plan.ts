/** The compiled step as a table: every dispatch with its kernel, FLOPs and bytes, and the totals. Needs no GPU. */
import { coreKernelChoice } from '../src/engine/kernelChoice.ts';
import type { StoragePrecision } from '../src/engine/kernels/kernel.ts';
import type { PlanDescription } from '../src/engine/plan/describePlan.ts';
import { planStep } from '../src/engine/plan/planStep.ts';
import { buildResNet } from '../src/model/resnet.ts';
import { modelNames, type ModelName } from '../src/recipe/recipe.ts';

export interface PlanOptions {
  model: string;
  batch: string;
  size: string;
  classes: string;
  storage: string;
  json: boolean;
}

export function printPlan({ model, batch, size, classes, storage, json }: PlanOptions): void {
  const classCount = parseCount('--classes', classes);
  const plan = planStep({
    graph: buildResNet(parseModel(model), classCount),
    classCount,
    batch: parseCount('--batch', batch),
    sizePx: parseCount('--size', size),
    ema: true,
    frozenStages: new Set(),
    choice: coreKernelChoice,
    storage: parseStorage(storage),
  });
  process.stdout.write(json ? `${JSON.stringify(plan)}\n` : table(plan));
}

function parseModel(name: string): ModelName {
  const model = modelNames.find((known) => known === name);
  if (model === undefined) throw new Error(`--model ${name}: use one of ${modelNames.join(', ')}.`);
  return model;
}

function parseStorage(text: string): StoragePrecision {
  if (text === 'f32' || text === 'f16') return text;
  throw new Error(`--storage ${text}: use f32 or f16.`);
}

function parseCount(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${flag} ${text}: must be a whole number from 1.`);
  return value;
}

function table({ rows, dispatches, flops, bytesMoved, gpuBytes, workspaceBytes }: PlanDescription): string {
  const lines = rows.map((row, i) =>
    [
      String(i + 1).padStart(4),
      row.phase.padEnd(8),
      row.layer.padEnd(24),
      row.kernel.padEnd(52),
      row.workgroups.join('×').padStart(14),
      (row.flops / 1e6).toFixed(1).padStart(10),
      (row.bytes / 2 ** 20).toFixed(2).padStart(9),
    ].join('  '),
  );
  const header = [
    '   #',
    'phase   ',
    'layer'.padEnd(24),
    'kernel'.padEnd(52),
    '    workgroups',
    '    MFLOP',
    '      MiB',
  ].join('  ');
  const totals =
    `${String(dispatches)} dispatches, ${(flops / 1e9).toFixed(1)} GFLOP, ${(bytesMoved / 1e9).toFixed(1)} GB bound, ` +
    `${(gpuBytes / 2 ** 30).toFixed(2)} GiB on the GPU (${(workspaceBytes / 2 ** 30).toFixed(2)} GiB of it activations and workspace)`;
  return `${[header, ...lines, totals].join('\n')}\n`;
}
