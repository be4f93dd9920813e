/**
 * A model's state dict as a safetensors file with torchvision's names, and back: `load_file` in Python gives
 * what `model.load_state_dict` takes.
 */
import type { NamedTensors } from '../engine/stepRunner.ts';
import { parameterCount, stateDictOf, type TensorSpec } from '../model/parameters.ts';
import { buildResNet } from '../model/resnet.ts';
import { modelNames, type ModelName } from '../recipe/recipe.ts';
import { readSafetensors, SafetensorsError, writeSafetensors, type SafetensorsFile } from './safetensors.ts';

/**
 * The file's parts, for `new Blob(parts)`. All 320 tensors of a ResNet-50; batch counts as int64 scalars.
 * @param metadata strings that are kept in the header, for example the classes
 */
export function writeWeightsFile(
  model: ModelName,
  classCount: number,
  weights: NamedTensors,
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer>[] {
  const tensors = stateDictOf(buildResNet(model, classCount)).map((spec) => {
    const data = weights.get(spec.name);
    if (data === undefined) throw new Error(`The weights have no tensor "${spec.name}".`);
    const { name, shape } = spec;
    return spec.kind === 'batchCount'
      ? { name, shape, dtype: 'I64' as const, data: BigInt64Array.of(BigInt(data[0] ?? 0)) }
      : { name, shape, dtype: 'F32' as const, data: Float32Array.from(data) };
  });
  return writeSafetensors(tensors, { format: 'pt', model, ...metadata });
}

export interface WeightsFileReport {
  model: ModelName;
  classCount: number;
  tensorCount: number;
  /** What starting from it means, in sentences. */
  notes: string[];
}

/**
 * What is in a weights file, and whether a run can start from it.
 * @param start the model and classes of the run
 * @throws SafetensorsError that says why it cannot be used
 */
export async function inspectWeightsFile(
  file: Blob,
  start: { model: ModelName; classCount: number },
): Promise<WeightsFileReport> {
  const { tensors } = await readSafetensors(file);
  const report = matchModel(tensors, start.model);
  const notes =
    report.classCount === start.classCount
      ? [
          `The head (fc) is taken from the file: it has ${report.classCount} classes too. They must be the same ones in the same order.`,
        ]
      : [
          `New head: the file has ${report.classCount} classes, the data ${start.classCount}, so fc starts at random.`,
        ];
  return { ...report, tensorCount: tensors.size, notes };
}

/**
 * Weights to start a run from: the file's, with a fresh head where the number of classes differs.
 * @param fresh initial weights of the run; gives the head, and nothing else
 * @throws SafetensorsError as inspectWeightsFile
 */
export async function readWeightsFile(
  file: Blob,
  start: { model: ModelName; classCount: number },
  fresh: NamedTensors,
): Promise<NamedTensors> {
  const stored = await readSafetensors(file);
  const { classCount } = matchModel(stored.tensors, start.model);
  const keepsHead = classCount === start.classCount;
  const weights: NamedTensors = new Map();
  for (const spec of stateDictOf(buildResNet(start.model, start.classCount))) {
    const isFresh = !stored.tensors.has(spec.name) || (isHead(spec) && !keepsHead);
    const values = isFresh ? fresh.get(spec.name) : await stored.readFloat32(spec.name);
    if (values === undefined) throw new Error(`The initial weights have no tensor "${spec.name}".`);
    weights.set(spec.name, values);
  }
  return weights;
}

/** Checks names and shapes against a model. Batch counts may be missing (other writers leave them out). */
function matchModel(
  tensors: SafetensorsFile['tensors'],
  model: ModelName,
): { model: ModelName; classCount: number } {
  const classCount = tensors.get('fc.weight')?.shape[0];
  if (classCount === undefined) {
    throw new SafetensorsError(
      'This file has no "fc.weight": it does not hold the weights of a ResNet with torchvision’s names. Export `model.state_dict()` of a torchvision ResNet, unchanged.',
    );
  }
  for (const spec of stateDictOf(buildResNet(model, classCount))) {
    const stored = tensors.get(spec.name);
    if (stored === undefined && spec.kind === 'batchCount') continue;
    if (stored === undefined || stored.shape.join() !== spec.shape.join()) {
      throw new SafetensorsError(describeMismatch(tensors, model, classCount, spec, stored?.shape));
    }
  }
  return { model, classCount };
}

function describeMismatch(
  tensors: SafetensorsFile['tensors'],
  model: ModelName,
  classCount: number,
  spec: TensorSpec,
  shape: readonly number[] | undefined,
): string {
  const other = modelNames.find(
    (name) => name !== model && fits(tensors, stateDictOf(buildResNet(name, classCount))),
  );
  if (other !== undefined) {
    const millions = (parameterCount(buildResNet(other, classCount)) / 1e6).toFixed(1);
    return `This file holds a ${other} (${millions} M parameters), but the recipe trains a ${model}. Choose ${other} as the model, or another file.`;
  }
  const found = shape === undefined ? 'is missing' : `has shape [${shape.join(', ')}]`;
  return `This file does not fit ${model}: "${spec.name}" ${found}, but [${spec.shape.join(', ')}] is needed. Use a file of torchvision’s ${model}.`;
}

function fits(tensors: SafetensorsFile['tensors'], specs: TensorSpec[]): boolean {
  return specs.every((spec) => {
    const stored = tensors.get(spec.name);
    return stored === undefined ? spec.kind === 'batchCount' : stored.shape.join() === spec.shape.join();
  });
}

function isHead(spec: TensorSpec): boolean {
  return spec.stage === 'head';
}
