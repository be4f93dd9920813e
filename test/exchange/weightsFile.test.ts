/** Weights files: torchvision's names and shapes, and starting from one. */
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/exchange/safetensors.ts';
import { inspectWeightsFile, readWeightsFile, writeWeightsFile } from '../../src/exchange/weightsFile.ts';
import { initialWeights } from '../../src/model/initialWeights.ts';
import { stateDictOf } from '../../src/model/parameters.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { sameBits } from '../support/hash.ts';

const classCount = 13;
const weights = initialWeights(buildResNet('resnet18', classCount), 5);
weights.set('bn1.num_batches_tracked', Float32Array.of(77));
const file = new Blob(writeWeightsFile('resnet18', classCount, weights, { dataset: 'emoji' }));
const fresh = (classes: number) => initialWeights(buildResNet('resnet18', classes), 6);

describe('a weights file', () => {
  it('has the 320 tensors of a resnet50 with their shapes; batch counts are int64 scalars', async () => {
    const graph = buildResNet('resnet50', 7);
    const parts = writeWeightsFile('resnet50', 7, initialWeights(graph, 0), {});
    const { tensors } = await readSafetensors(new Blob(parts));
    expect(tensors.size).toBe(320);
    expect([...tensors.values()].map(({ name, shape }) => ({ name, shape }))).toEqual(
      stateDictOf(graph).map(({ name, shape }) => ({ name, shape })),
    );
    expect(tensors.get('bn1.num_batches_tracked')).toMatchObject({ dtype: 'I64', shape: [] });
    expect(tensors.get('layer4.2.conv3.weight')?.shape).toEqual([2048, 512, 1, 1]);
  });

  it('comes back bit for bit, head included, where the classes are as many', async () => {
    const start = { model: 'resnet18' as const, classCount };
    const read = await readWeightsFile(file, start, fresh(classCount));
    for (const [name, values] of weights) expect(sameBits(read.get(name), values), name).toBe(true);
    const report = await inspectWeightsFile(file, start);
    expect(report).toMatchObject({ model: 'resnet18', classCount, tensorCount: 122 });
  });

  it('gives a new head where the classes differ', async () => {
    const start = { model: 'resnet18' as const, classCount: 4 };
    const head = fresh(4);
    const read = await readWeightsFile(file, start, head);
    expect(read.get('fc.weight')).toEqual(head.get('fc.weight'));
    expect(sameBits(read.get('conv1.weight'), weights.get('conv1.weight'))).toBe(true);
    expect((await inspectWeightsFile(file, start)).notes[0]).toContain(
      'New head: the file has 13 classes, the data 4',
    );
  });

  it('names the model it holds when another one is asked for', async () => {
    await expect(inspectWeightsFile(file, { model: 'resnet34', classCount })).rejects.toThrow(
      /holds a resnet18 \(11\.2 M parameters\), but the recipe trains a resnet34\. Choose resnet18/,
    );
  });

  it('says what is missing in a file of something else', async () => {
    const other = new Blob([]);
    await expect(inspectWeightsFile(other, { model: 'resnet18', classCount })).rejects.toThrow();
    const tensors = new Map(weights);
    tensors.set('fc.weight', new Float32Array(13 * 512));
    const wrong = new Blob(writeWeightsFile('resnet18', classCount, tensors, {}));
    await expect(inspectWeightsFile(wrong, { model: 'resnet50', classCount })).rejects.toThrow(/resnet18/);
  });
});
