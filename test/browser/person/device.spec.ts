/** The Device view on the machine's adapter: its kernels are right, in the browser's own compiler too. */
import { expect } from '@playwright/test';
import { openPage, test } from './support.ts';
import { patience } from '../../support/patience.ts';

/** Compiling some thirty kernels, and timing a few, on a software adapter. */
const taskMs = patience(240_000);

test('the self-test finds every kernel right, and the step computes what plain tfjs does', async ({
  person,
  baseURL,
}) => {
  test.setTimeout(patience(600_000));
  const page = await openPage(person, `${baseURL ?? ''}#/device`);
  await expect(page.getByTestId('adapter')).not.toBeEmpty({ timeout: patience(60_000) });
  console.info(`Adapter: ${(await page.getByTestId('adapter').textContent()) ?? ''}`);
  const kernels = page.getByRole('region', { name: 'Kernels', exact: true });
  const speed = kernels.getByTestId('kernel-forward').getByRole('cell').last();
  await kernels.getByRole('button', { name: 'Run the self-test' }).click();
  await expect(kernels.getByTestId('self-test')).toHaveText(/all \d\d kernels right/, { timeout: taskMs });
  await expect(speed).toHaveText(/^[\d.]+$/, { timeout: taskMs });

  // Begun and cancelled: nothing is tuned.
  await kernels.getByRole('button', { name: 'Tune for this device' }).click();
  await kernels.getByRole('button', { name: 'Cancel' }).click();
  await expect(kernels.getByRole('button', { name: 'Tune for this device' })).toBeEnabled({
    timeout: taskMs,
  });
  await expect(kernels).toContainText('defaults for this kind of device');

  await page.getByRole('combobox', { name: 'Batch size' }).selectOption('4');
  await page.getByRole('combobox', { name: 'Image, pixels' }).selectOption('64');
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByTestId('comparison')).toContainText('ResNet-18, batch 4 at 64 px', {
    timeout: taskMs,
  });
  const table = page.getByRole('region', { name: 'Tabtrain beside plain tfjs' });
  const loss = async (name: string) =>
    Number(await table.getByRole('row', { name }).getByRole('cell').last().textContent());
  expect(await loss('Tabtrain')).toBeCloseTo(await loss('plain tfjs'), 3);
});
