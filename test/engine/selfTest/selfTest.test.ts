/** The self-test: it passes here, covers what a step uses, and finds a kernel that a compiler got wrong. */
import { describe, expect, it } from 'vitest';
import {
  convolutionPasses,
  convolutionVariants,
  coreKernelChoice,
  defaultKernelChoice,
} from '../../../src/engine/kernelChoice.ts';
import { compileForward, compileTrainingStep, compileUpdate } from '../../../src/engine/plan/compile.ts';
import { layOutParameters } from '../../../src/engine/plan/parameterLayout.ts';
import { fuse } from '../../../src/engine/plan/units.ts';
import { convolutionCases } from '../../../src/engine/selfTest/convolutionCases.ts';
import { layerCases } from '../../../src/engine/selfTest/layerCases.ts';
import { selfTest } from '../../../src/engine/selfTest/selfTest.ts';
import { buildResNet } from '../../../src/model/resnet.ts';
import { createTestDevice } from '../../support/gpu.ts';
import { requestMiscompilingDevice } from '../../support/miscompile.ts';

const engine = await createTestDevice();
const preferred = defaultKernelChoice(engine);
const { rows } = preferred.convolution.forward;

it.each(convolutionVariants(engine))('finds nothing wrong with $rows', async (variant) => {
  const convolution = { forward: variant, inputGradient: variant, filterGradient: variant };
  const seen: number[] = [];
  const { checks, choice, message } = await selfTest(
    engine,
    { ...preferred, convolution },
    { onProgress: (_, done, total) => seen.push(done / total) },
  );
  const worst = Math.max(...checks.map(({ worstError }) => worstError ?? Infinity));
  console.info(`${variant.rows}: ${String(checks.length)} kernels, worst error ${worst.toExponential(1)}`);
  expect(message).toBeNull();
  expect(choice?.convolution).toEqual(convolution);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(seen).toHaveLength(checks.length);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

it('covers every kernel of a training step', () => {
  for (const choice of [preferred, coreKernelChoice]) {
    const cases = [
      ...layerCases(),
      ...convolutionPasses.flatMap((pass) => convolutionCases(pass, choice.convolution[pass])),
    ];
    // Their code depends on the recipe's values, or on how many gradients come in: the name says which.
    const loose = (kernel: string) => kernel.replace(/^(sgdStep|maxPoolGradient).*/, '$1');
    const tested = new Set(cases.map(({ call }) => call.code));
    const names = new Set(cases.map(({ call }) => loose(call.kernel)));
    for (const model of ['resnet18', 'resnet50'] as const) {
      const graph = buildResNet(model, 13);
      const options = {
        ...{ graph, units: fuse(graph), classCount: 13, batch: 4, sizePx: 64, labelSmoothing: 0.1, choice },
        ...{ frozenStages: new Set<never>(), layout: layOutParameters(graph, new Set()) },
        optimizer: {
          momentum: 0.9,
          nesterov: true,
          weightDecay: 1e-4,
          normWeightDecay: 0,
          ema: true,
          clipGradNorm: null,
        },
        storage: 'f32' as const,
      };
      const plans = [
        compileTrainingStep(options),
        compileForward(options, 'running'),
        compileUpdate(options),
      ];
      for (const { call } of plans.flatMap(({ dispatches }) => dispatches)) {
        const isLoose = loose(call.kernel) !== call.kernel;
        expect(isLoose ? names.has(loose(call.kernel)) : tested.has(call.code), call.kernel).toBe(true);
      }
    }
  }
});

describe('where the compiler gets a kernel wrong', () => {
  it('names it and takes another variant for that pass alone', async () => {
    const broken = await requestMiscompilingDevice(
      (kernel) => kernel.startsWith(`convolutionInputGradient ${rows}`),
      (code) => code.replace('var sum1 = vec4f();', 'var sum1 = vec4f(1e-2);'),
    );
    const { checks, choice, message } = await selfTest(broken, preferred);
    expect(choice?.convolution.forward).toEqual(preferred.convolution.forward);
    expect(choice?.convolution.filterGradient).toEqual(preferred.convolution.filterGradient);
    expect(choice?.convolution.inputGradient.rows).not.toBe(rows);
    expect(message).toMatch(
      new RegExp(
        `"convolutionInputGradient ${rows} [^"]*" computes wrong results on this device \\(off by [\\d.]+, 0\\.0002 is allowed\\)\\. The variant "\\w+ \\d+×\\d+" is right`,
      ),
    );
    expect(checks.filter(({ ok }) => !ok).every(({ kernel }) => kernel.includes(rows))).toBe(true);
    broken.device.destroy();
  });

  it('leaves the engine where there is no other, also for a kernel that does not compile', async () => {
    const broken = await requestMiscompilingDevice(
      (kernel) => kernel === 'batchNormGradients',
      (code) => code.replace('fn main', 'fn main!'),
    );
    const { choice, message } = await selfTest(broken, preferred);
    expect(choice).toBeNull();
    expect(message).toMatch(/"batchNormGradients" does not run here: .*runs are computed by plain tfjs/s);
    broken.device.destroy();
  });

  it('notices a single wrong element', async () => {
    const broken = await requestMiscompilingDevice(
      (kernel) => kernel === 'averagePool',
      (code) =>
        code.replace('y[index] = Stored(sum', 'y[index] = Stored(select(0.99, 1.0, index != 2u) * sum'),
    );
    const { message } = await selfTest(broken, preferred);
    expect(message).toMatch(/"averagePool" computes wrong results/);
    broken.device.destroy();
  });
});

it('stops between two kernels when it is cancelled', async () => {
  const controller = new AbortController();
  const cancelled = selfTest(engine, preferred, {
    signal: controller.signal,
    onProgress: (_, done) => {
      if (done === 2) controller.abort(new DOMException('Cancelled.', 'AbortError'));
    },
  });
  await expect(cancelled).rejects.toThrow('Cancelled.');
});
