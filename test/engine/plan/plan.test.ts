/** The compiler's passes, without a GPU. */
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/engine/graph.ts';
import { coreKernelChoice } from '../../../src/engine/kernelChoice.ts';
import type { StoragePrecision } from '../../../src/engine/kernels/kernel.ts';
import { planMemory, type LiveValue } from '../../../src/engine/plan/memory.ts';
import { layOutParameters, toStored, toTorch } from '../../../src/engine/plan/parameterLayout.ts';
import { planStep } from '../../../src/engine/plan/planStep.ts';
import { fuse, UnsupportedGraphError } from '../../../src/engine/plan/units.ts';
import { elementCount, stateDictOf } from '../../../src/model/parameters.ts';
import { buildResNet } from '../../../src/model/resnet.ts';
import { modelNames, type ModelName } from '../../../src/recipe/recipe.ts';
import { hashUniform } from '../../support/hash.ts';

const gibibyte = 2 ** 30;

function plan(
  model: ModelName,
  batch: number,
  sizePx: number,
  classCount = 1000,
  storage: StoragePrecision = 'f32',
) {
  return planStep({
    ...{ graph: buildResNet(model, classCount), classCount, batch, sizePx, ema: true },
    ...{ frozenStages: new Set(), choice: coreKernelChoice, storage },
  });
}

describe('planMemory', () => {
  const draws = hashUniform(3000, 1);
  const values: LiveValue[] = Array.from({ length: 400 }, (_, i) => {
    const draw = (at: number, high: number) => Math.floor((((draws[i * 3 + at] ?? 0) + 1) / 2) * high);
    const first = draw(0, 300);
    return { id: `v${String(i)}`, bytes: 1 + draw(1, 40_000), first, last: first + draw(2, 60) };
  });
  const { values: placed, segments } = planMemory(values, 300_000);
  const at = (id: string) => {
    const value = placed.get(id);
    if (value === undefined) throw new Error(id);
    return value;
  };

  it('never gives the same bytes to two values that are alive together', () => {
    for (const a of values) {
      for (const b of values) {
        if (a.id === b.id || a.last < b.first || b.last < a.first) continue;
        const [x, y] = [at(a.id), at(b.id)];
        const apart =
          x.segment !== y.segment || x.offset + x.bytes <= y.offset || y.offset + y.bytes <= x.offset;
        expect(apart, `${a.id} and ${b.id}`).toBe(true);
      }
    }
  });

  it('keeps alignment and segments', () => {
    for (const { id, bytes } of values) {
      const { offset, segment, bytes: reserved } = at(id);
      expect(offset % 256).toBe(0);
      expect(reserved).toBeGreaterThanOrEqual(bytes);
      expect(offset + reserved).toBeLessThanOrEqual(segments[segment] ?? 0);
    }
    expect(Math.max(...segments)).toBeLessThanOrEqual(300_000);
  });

  it('shares: needs little more than what is alive at the busiest moment', () => {
    const alive = (moment: number) =>
      values
        .filter(({ first, last }) => first <= moment && moment <= last)
        .reduce((sum, { bytes }) => sum + bytes, 0);
    const busiest = Math.max(...Array.from({ length: 360 }, (_, moment) => alive(moment)));
    expect(segments.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1.25 * busiest);
  });
});

describe('layOutParameters', () => {
  const graph = buildResNet('resnet18', 13);

  it('holds every tensor but the batch counts, aligned and apart', () => {
    const { places, extents, frozenElements } = layOutParameters(graph, new Set(['stem', 'layer1']));
    const names = stateDictOf(graph).filter(({ kind }) => kind !== 'batchCount');
    expect([...places.keys()].sort()).toEqual(names.map(({ name }) => name).sort());
    const sorted = [...places.values()].sort((a, b) => a.offset - b.offset);
    sorted.forEach(({ offset, elements }, i) => {
      expect(offset % 64).toBe(0);
      expect(offset + elements).toBeLessThanOrEqual(sorted[i + 1]?.offset ?? Infinity);
    });
    expect(frozenElements).toBeGreaterThan(0);
    const trainedEnd = extents.other + extents.norm;
    for (const place of places.values()) expect(place.offset < trainedEnd, place.name).toBe(place.trained);
  });

  it('comes back from the stored order unchanged', () => {
    const { places } = layOutParameters(graph, new Set());
    for (const name of ['conv1.weight', 'layer2.0.downsample.0.weight', 'fc.weight', 'fc.bias', 'bn1.bias']) {
      const place = places.get(name);
      if (place === undefined) throw new Error(name);
      const values = hashUniform(elementCount(place.shape), 7);
      expect(toTorch(place, toStored(place, values))).toEqual(values);
    }
  });
});

describe('fuse', () => {
  it('gathers every node of the family', () => {
    for (const model of modelNames) {
      const graph = buildResNet(model, 10);
      const units = fuse(graph);
      const convolutions = graph.nodes.filter(({ kind }) => kind === 'convolution');
      expect(units.filter(({ kind }) => kind === 'convolution')).toHaveLength(convolutions.length);
      const relus = graph.nodes.filter(({ kind }) => kind === 'relu');
      expect(units.filter(({ kind }) => kind === 'activation')).toHaveLength(relus.length);
    }
  });

  it('refuses by name what it has no kernels for', () => {
    const { nodes, ...rest } = buildResNet('resnet18', 10);
    const without = (output: string): Graph => ({
      ...rest,
      nodes: nodes.filter((node) => node.output !== output),
    });
    expect(() => fuse(without('bn1'))).toThrow(UnsupportedGraphError);
    expect(() => fuse(without('bn1'))).toThrow(
      /"conv1" \(convolution\): a convolution must feed exactly one batch norm/,
    );
  });
});

describe('planStep', () => {
  it('keeps ResNet-50 at batch 32 and 176 px within its bounds', () => {
    const { dispatches, gpuBytes, rows, flops } = plan('resnet50', 32, 176);
    expect(dispatches).toBeLessThanOrEqual(450);
    expect(gpuBytes).toBeLessThanOrEqual(2.4 * gibibyte);
    expect(plan('resnet50', 32, 176, 1000, 'f16').gpuBytes).toBeLessThanOrEqual(1.5 * gibibyte);
    expect(rows).toHaveLength(dispatches);
    // 15.49 GFLOP an image, and what batch norm and the optimizer add.
    expect(flops / 32 / 1e9).toBeGreaterThan(15.4);
    expect(flops / 32 / 1e9).toBeLessThan(16.2);
  });

  it('plans every model', () => {
    for (const model of modelNames) expect(plan(model, 8, 64, 13).dispatches).toBeGreaterThan(100);
  });

  it('leaves frozen stages out of the backward pass', () => {
    const graph = buildResNet('resnet18', 13);
    const step = {
      ...{ graph, classCount: 13, batch: 4, sizePx: 32, ema: true },
      ...{ choice: coreKernelChoice, storage: 'f32' as const },
    };
    const whole = planStep({ ...step, frozenStages: new Set() });
    const part = planStep({ ...step, frozenStages: new Set(['stem', 'layer1']) });
    const backward = (rows: typeof whole.rows, layer: string) =>
      rows.filter((row) => row.phase === 'backward' && row.layer.startsWith(layer)).length;
    expect(backward(whole.rows, 'layer1')).toBeGreaterThan(0);
    expect(backward(part.rows, 'layer1')).toBe(0);
    expect(backward(part.rows, 'conv1')).toBe(0);
    expect(backward(part.rows, 'layer2')).toBeGreaterThan(0);
  });
});
