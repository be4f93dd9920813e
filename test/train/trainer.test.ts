/** The training loop on the engine; on plain tfjs in trainer.long.test.ts. */
import { expect, it } from 'vitest';
import { createRun } from '../../src/train/openTrainer.ts';
import { ColourSource } from '../support/colourSource.ts';
import { describeTrainer, trainerRecipe } from '../support/trainerTests.ts';

describeTrainer('engine');

it('refuses what this version cannot train instead of ignoring it', () => {
  expect(() =>
    createRun({ ...trainerRecipe, mixupAlpha: 0.2 }, new ColourSource(), [], 'engine', 'x'),
  ).toThrow(/mixupAlpha/);
});
