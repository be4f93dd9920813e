/** What a person does, on the built page at a sub-path: train, pause, reload, resume, try a picture, save. */
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { readSafetensors } from '../../../src/exchange/safetensors.ts';
import { stateDictOf } from '../../../src/model/parameters.ts';
import { buildResNet } from '../../../src/model/resnet.ts';
import { openPage, saveWeights, setRecipe, stepShown, test, untilStep } from './support.ts';
import { patience } from '../../support/patience.ts';

/** Small enough for a software adapter; the first step compiles some two hundred shaders. */
const small = { lr: 0.0009, trainCropSize: 32, valResizeSize: 32, valCropSize: 32, batchSize: 4, limit: 400 };
const firstStepMs = patience(240_000);

test('demo set, Train, pause, reload, resume, own picture, saved weights', async ({ newcomer, baseURL }) => {
  test.setTimeout(patience(600_000));
  const page = await openPage(newcomer, baseURL ?? '');
  const data = page.getByRole('region', { name: 'Data' });
  await expect(data).toContainText('13 classes', { timeout: patience(60_000) });
  await expect(data).toContainText('known objects in a new style');
  await page.getByRole('radio', { name: /50/ }).check();
  await setRecipe(page, small);
  await expect(page.getByTestId('estimate')).toContainText(/min|s\b|h\b/, { timeout: patience(60_000) });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await untilStep(page, 2, firstStepMs);
  // The curves move.
  const legend = page.locator('[data-chart="loss"] .legend-value').first();
  await expect(legend).toHaveText(/\d/);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused', { timeout: patience(120_000) });
  const paused = await stepShown(page);
  await page.reload();
  const banner = page.getByRole('region', { name: 'Unfinished run' });
  await expect(banner).toContainText('ResNet-50 on Emoji in five styles', { timeout: patience(60_000) });
  await expect(page.getByTestId('step')).toHaveText(String(paused));
  await banner.getByRole('button', { name: 'Resume' }).click();
  await untilStep(page, paused + 1, firstStepMs);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused', { timeout: patience(120_000) });

  const panel = page.getByRole('region', { name: 'Try your own image' });
  await panel.locator('input[type=file]').setInputFiles({
    name: 'mine.png',
    mimeType: 'image/png',
    buffer: readFileSync(new URL('../../fixtures/photos/opaque.png', import.meta.url)),
  });
  await expect(panel.getByRole('list').getByRole('listitem')).toHaveCount(5, { timeout: patience(120_000) });

  const { bytes, name } = await saveWeights(page, 'EMA');
  expect(name).toBe('resnet50-emoji-in-five-styles-ema.safetensors');
  const { tensors, metadata } = await readSafetensors(new Blob([new Uint8Array(bytes)]));
  expect(tensors.size).toBe(320);
  const expected = stateDictOf(buildResNet('resnet50', 13));
  expect([...tensors.values()].map(({ name: tensor, shape }) => [tensor, shape])).toEqual(
    expected.map(({ name: tensor, shape }) => [tensor, shape]),
  );
  expect(metadata).toMatchObject({ model: 'resnet50', weights: 'ema' });
  expect(JSON.parse(metadata.classes ?? '[]')).toHaveLength(13);
});

test('a run that is open in one tab cannot be resumed in another', async ({ person, baseURL }) => {
  test.setTimeout(patience(600_000));
  const first = await openPage(person, baseURL ?? '');
  await expect(first.getByRole('region', { name: 'Data' })).toContainText('13 classes', {
    timeout: patience(60_000),
  });
  await setRecipe(first, small);
  await first.getByRole('button', { name: 'Train', exact: true }).click();
  await untilStep(first, 1, firstStepMs);
  await first.getByRole('button', { name: 'Pause' }).click();
  await expect(first.getByTestId('run-status')).toContainText('paused', { timeout: patience(120_000) });
  const second = await openPage(person, baseURL ?? '');
  await second
    .getByRole('region', { name: 'Unfinished run' })
    .getByRole('button', { name: 'Resume' })
    .click();
  await expect(second.getByRole('alert').first()).toContainText(/open in another tab/, {
    timeout: patience(60_000),
  });
});
