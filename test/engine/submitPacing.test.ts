/** Submits follow the measured speed, and where they end changes no bit. */
import { describe, expect, it } from 'vitest';
import { defaultKernelChoice } from '../../src/engine/kernelChoice.ts';
import { EngineStepRunner } from '../../src/engine/runtime/engineStepRunner.ts';
import { SubmitPacing } from '../../src/engine/runtime/submitPacing.ts';
import { createTestDevice } from '../support/gpu.ts';
import { sameBits } from '../support/hash.ts';
import { smallBatch, smallClasses, smallGraph, smallState } from '../support/smallGraph.ts';

describe('SubmitPacing', () => {
  it('begins with a weak GPU’s speed: 30 ms of 100 GFLOP/s', () => {
    expect(new SubmitPacing().workPerSubmit).toBe(3e9);
  });

  it('takes the first measurement as it is, and moves towards the later ones', () => {
    const pacing = new SubmitPacing();
    pacing.observe(1000e6, 0, 100);
    expect(pacing.workPerSubmit).toBeCloseTo(10e6 * 30, 0);
    let doneMs = 100;
    for (let step = 0; step < 40; step += 1) {
      doneMs += 10;
      pacing.observe(1000e6, doneMs - 10, doneMs);
    }
    expect(pacing.workPerSubmit / (100e6 * 30)).toBeCloseTo(1, 3);
  });

  it('times queued work from where the work before it ended', () => {
    const pacing = new SubmitPacing();
    pacing.observe(100e6, 0, 100);
    pacing.observe(100e6, 1, 200);
    pacing.observe(100e6, 101, 300);
    expect(pacing.workPerSubmit).toBeCloseTo(1e6 * 30, 0);
  });

  it('makes larger submits while nobody looks', () => {
    const pacing = new SubmitPacing();
    const visible = pacing.workPerSubmit;
    pacing.isPageVisible = false;
    expect(pacing.workPerSubmit).toBeGreaterThan(5 * visible);
  });
});

/** Trains three steps; a pacing that answers always the same. */
async function train(workPerSubmit: number) {
  const engine = await createTestDevice();
  const pacing = new SubmitPacing();
  Object.defineProperty(pacing, 'workPerSubmit', { get: () => workPerSubmit });
  const runner = await EngineStepRunner.create(engine.device, {
    ...{ graph: smallGraph, classCount: smallClasses, labelSmoothing: 0.1, frozenStages: new Set() },
    ...{ choice: defaultKernelChoice(engine), storage: 'f32' as const, pacing },
    optimizer: {
      ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, normWeightDecay: 0, ema: true },
      ...{ clipGradNorm: 1 },
    },
  });
  runner.writeState(smallState());
  const { queue } = engine.device;
  const submit = queue.submit.bind(queue);
  let submits = 0;
  queue.submit = (buffers) => {
    submits += 1;
    submit(buffers);
  };
  try {
    for (let step = 0; step < 3; step += 1) {
      const batch = smallBatch(engine, step);
      await runner.accumulate({ ...batch, gradientWeight: 1, updatesRunningStatistics: true });
      runner.update({ learningRate: 0.1, ema: { averageWithDecay: 0.9 } });
    }
    const counted = submits;
    const { weights } = await runner.readState();
    return { submits: counted, weights };
  } finally {
    Reflect.deleteProperty(queue, 'submit');
    runner.destroy();
  }
}

it('gives the same bits in one submit and in one for each dispatch', async () => {
  const [whole, pieces] = [await train(Infinity), await train(1)];
  expect(whole.submits).toBeLessThanOrEqual(6);
  expect(pieces.submits).toBeGreaterThan(60);
  for (const [name, values] of whole.weights)
    expect(sameBits(pieces.weights.get(name), values), name).toBe(true);
});
