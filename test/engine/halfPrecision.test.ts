/** The compiled step with activations in f16, against PyTorch in f32. */
import { describe, expect, it } from 'vitest';
import { missingForRunner } from '../../src/train/runners.ts';
import { createTestDevice } from '../support/gpu.ts';
import { relativeL2 } from '../support/hash.ts';
import { parityGoldens, parityState, parityValues, sampleOf } from '../support/parity.ts';
import { createParityEngine } from '../support/parityEngine.ts';
import { largestDifference, trainParitySteps } from '../support/parityTests.ts';
import { patience } from '../support/patience.ts';

describe('ResNet-50 in f16 against PyTorch', () => {
  it('has the same losses over ten steps, within 1e-3', { timeout: patience(900_000) }, async () => {
    const engine = await createTestDevice();
    if (!engine.device.features.has('shader-f16')) {
      // SwiftShader, say. What a person meets there instead:
      console.info('This adapter has no 16-bit floats.');
      expect(missingForRunner('engine-f16', engine.device.features)).toContain('no 16-bit floats');
      return;
    }
    const runner = await createParityEngine(engine, 'f16');
    runner.writeState(parityState());
    let gradientError = NaN;
    const losses = await trainParitySteps(engine, runner, parityGoldens.setup.steps, async (step) => {
      if (step > 0) return;
      const gradients = await runner.readGradients();
      const errors = Object.keys(parityGoldens.tensors)
        .filter((golden) => golden.startsWith('gradient0/'))
        .map((golden) =>
          relativeL2(sampleOf(gradients.get(golden.slice('gradient0/'.length))), parityValues(golden)),
        );
      gradientError = Math.max(...errors);
    });
    console.info(
      `largest loss difference ${largestDifference(losses, parityGoldens.losses).toExponential(1)}`,
      `worst first gradient ${gradientError.toExponential(1)}`,
    );
    expect(largestDifference(losses, parityGoldens.losses)).toBeLessThan(1e-3);
    // An activation rounded across a ReLU's kink changes a gradient by its whole: only mistakes are caught here.
    expect(gradientError).toBeLessThan(0.1);
    runner.destroy();
  });
});
