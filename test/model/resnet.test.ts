/** The graph against torchvision: names, shapes, order, counts, cost and initialisation. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { activationCost, activationShapes, forwardMacs } from '../../src/engine/cost.ts';
import { initialWeights } from '../../src/model/initialWeights.ts';
import { elementCount, parameterCount, stateDictOf } from '../../src/model/parameters.ts';
import { buildResNet } from '../../src/model/resnet.ts';
import { modelNames } from '../../src/recipe/recipe.ts';
import { sameBits } from '../support/hash.ts';

const goldens = JSON.parse(
  readFileSync(new URL('../goldens/state-dicts.json', import.meta.url), 'utf8'),
) as Record<string, { tensors: number; parameters: number; sha256: string; lines?: string[] }>;

const publishedParameters = {
  resnet18: 11_689_512,
  resnet34: 21_797_672,
  resnet50: 25_557_032,
  resnet101: 44_549_160,
  resnet152: 60_192_808,
};

describe.each(modelNames)('%s', (model) => {
  const graph = buildResNet(model, 1000);
  const lines = stateDictOf(graph).map(({ name, shape }) => `${name} [${shape.join(', ')}]`);

  it('has torchvision’s tensors: names, shapes and order', () => {
    const golden = goldens[model];
    if (golden?.lines !== undefined) expect(lines).toEqual(golden.lines);
    expect(lines).toHaveLength(golden?.tensors ?? 0);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(golden?.sha256);
  });

  it('has the published number of parameters', () => {
    expect(parameterCount(graph)).toBe(publishedParameters[model]);
    expect(goldens[model]?.parameters).toBe(publishedParameters[model]);
  });

  it('takes any number of classes', () => {
    const small = stateDictOf(buildResNet(model, 3)).filter(({ stage }) => stage === 'head');
    const features = model === 'resnet18' || model === 'resnet34' ? 512 : 2048;
    expect(small.map(({ shape }) => shape)).toEqual([[3, features], [3]]);
  });
});

describe('cost of resnet50', () => {
  const graph = buildResNet('resnet50', 1000);

  it.each([
    [64, 335_691_776],
    [176, 2_608_132_096],
    [224, 4_089_184_256],
  ])('at %d px is %d multiply-accumulates', (sizePx, macs) => {
    expect(forwardMacs(graph, sizePx)).toBe(macs);
  });

  it('has the maps 88, 44, 44, 22, 11, 6 at 176 px', () => {
    const shapes = activationShapes(graph, 176);
    const sides = ['conv1', 'maxpool', 'layer1.2', 'layer2.3', 'layer3.5', 'layer4.2'];
    expect(sides.map((id) => shapes.get(id)?.heightPx)).toEqual([88, 44, 44, 22, 11, 6]);
    expect(activationCost(graph, 176).finalMapPx).toBe(6);
  });
});

it('says which number of classes is wrong', () => {
  expect(() => buildResNet('resnet18', 0)).toThrow('at least one class, not 0');
});

describe('initial weights', () => {
  const graph = buildResNet('resnet50', 10);
  const weights = initialWeights(graph, 0);

  it('are Kaiming normal by fan-out for convolutions', () => {
    for (const { name, kind, shape } of stateDictOf(graph)) {
      const values = weights.get(name) ?? new Float32Array();
      expect(values).toHaveLength(elementCount(shape));
      if (kind !== 'convolutionWeight' || values.length < 16_000) continue;
      const [out = 0, , height = 0, width = 0] = shape;
      const expected = Math.sqrt(2 / (out * height * width));
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
      // Five standard errors of the sample's deviation.
      expect(Math.abs(deviation / expected - 1), name).toBeLessThan(5 / Math.sqrt(2 * values.length));
      expect(Math.abs(mean) / expected, name).toBeLessThan(5 / Math.sqrt(values.length));
    }
  });

  it('are uniform within 1/√fan_in for the head, and identity for batch norm', () => {
    const bound = 1 / Math.sqrt(2048);
    const head = weights.get('fc.weight') ?? new Float32Array();
    expect(Math.max(...head)).toBeLessThanOrEqual(bound);
    expect(Math.max(...head)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...head)).toBeLessThan(-0.99 * bound);
    expect(new Set(weights.get('layer4.2.bn3.weight'))).toEqual(new Set([1]));
    expect(new Set(weights.get('bn1.bias'))).toEqual(new Set([0]));
    expect(new Set(weights.get('bn1.running_var'))).toEqual(new Set([1]));
  });

  it('are the same bits for the same seed, and others for another', () => {
    const conv1 = (seed: number) => initialWeights(graph, seed).get('conv1.weight');
    expect(sameBits(conv1(0), weights.get('conv1.weight'))).toBe(true);
    expect(sameBits(conv1(1), weights.get('conv1.weight'))).toBe(false);
  });
});
