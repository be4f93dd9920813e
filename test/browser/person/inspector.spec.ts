/** The built page's inspector: what it rebuilds of a step are the very bytes that trained. */
import { expect } from '@playwright/test';
import { openPage, setRecipe, test, untilStep } from './support.ts';
import { patience } from '../../support/patience.ts';

test('the batch of a step is rebuilt with the fingerprint that training recorded', async ({
  person,
  baseURL,
}) => {
  test.setTimeout(patience(600_000));
  const page = await openPage(person, baseURL ?? '');
  const data = page.getByRole('region', { name: 'Data' });
  await expect(data).toContainText('13 classes', { timeout: patience(60_000) });
  await setRecipe(page, {
    trainCropSize: 32,
    valResizeSize: 32,
    valCropSize: 32,
    batchSize: 4,
    limit: 400,
    worldSize: 2,
    autoAugment: 'ta_wide',
    randomErase: 0.5,
    mixupAlpha: 0.2,
    cutmixAlpha: 1,
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await untilStep(page, 3, patience(240_000));
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused', { timeout: patience(120_000) });

  await page.getByRole('link', { name: 'Augment', exact: true }).click();
  await page.getByRole('button', { name: 'Batch of a step' }).click();
  const verdict = page.getByTestId('batch-verdict');
  for (const step of [1, 3]) {
    await page.getByRole('spinbutton', { name: /Step of/ }).fill(String(step));
    await page.getByRole('spinbutton', { name: /Step of/ }).press('Enter');
    await expect(page.getByRole('heading', { name: `Step ${step}`, exact: true })).toBeVisible({
      timeout: patience(60_000),
    });
    await expect(verdict).toHaveAttribute('data-equal', 'true');
  }
  const images = page.getByRole('list', { name: 'Images of the batch' }).getByRole('listitem');
  await expect(images).toHaveCount(4);
  await page.getByRole('button', { name: 'rank 1' }).click();
  await expect(page.getByRole('button', { name: 'rank 1', pressed: true })).toBeVisible({
    timeout: patience(60_000),
  });
  await expect(verdict).toHaveAttribute('data-equal', 'true');

  // A photograph, by the kernels that train.
  await page.getByRole('button', { name: 'Draws', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Draws' }).getByRole('button')).toHaveCount(12, {
    timeout: patience(60_000),
  });
  await expect(page.getByText('by the kernels that train')).toBeVisible();
});
