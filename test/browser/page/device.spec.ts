/** The Device view on fakes: self-test, tuning, comparison, with progress and cancel; refused while a run trains. */
import { expect, test } from '@playwright/test';
import { collectErrors, openFake } from './support.ts';

test('shows the kernels, tests them and tunes them', async ({ page }) => {
  const errors = collectErrors(page);
  await openFake(page, 'stored', 'device');
  const kernels = page.getByRole('region', { name: 'Kernels', exact: true });
  await expect(kernels.getByTestId('kernel-forward')).toContainText('tiled 64×64');
  await expect(kernels.getByTestId('kernel-forward')).toContainText('not measured');
  await expect(kernels.getByTestId('self-test')).toHaveText('Self-test: not run on this visit.');
  await kernels.getByRole('button', { name: 'Run the self-test' }).click();
  await expect(kernels.getByTestId('device-task')).toContainText('convolutionForward');
  await expect(kernels.getByRole('button', { name: 'Tune for this device' })).toBeDisabled();
  await expect(kernels.getByTestId('self-test')).toHaveText('Self-test: all 6 kernels right.');
  await kernels.getByText('Each kernel', { exact: true }).click();
  await expect(kernels.getByRole('row', { name: /softmaxCrossEntropy/ })).toContainText('2.9e-6');
  await kernels.getByRole('button', { name: 'Tune for this device' }).click();
  await expect(kernels).toContainText('tuned here just now');
  await expect(kernels.getByTestId('kernel-forward')).toContainText('1235');
  expect(errors).toEqual([]);
});

test('names a wrong kernel and what follows', async ({ page }) => {
  await openFake(page, 'stored&wrongKernel', 'device');
  await page.getByRole('button', { name: 'Run the self-test' }).click();
  await expect(page.getByTestId('self-test')).toHaveText('Self-test: 1 kernel of 6 wrong.');
  await expect(page.locator('#kernels .message')).toContainText(
    '"convolutionInputGradient tiled 64×64 +batchNorm" computes wrong results',
  );
});

test('cancels', async ({ page }) => {
  await openFake(page, 'stored', 'device');
  await page.getByRole('button', { name: 'Tune for this device' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByTestId('device-task')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Tune for this device' })).toBeEnabled();
  await expect(page.locator('#kernels .message')).toHaveCount(0);
  await expect(page.locator('#kernels')).toContainText('defaults for this kind of device');
});

test('compares with plain tfjs and copies the result as Markdown', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openFake(page, 'stored', 'device');
  await page.getByRole('combobox', { name: 'Model' }).selectOption('ResNet-50');
  await page.getByRole('combobox', { name: 'Batch size' }).selectOption('16');
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByTestId('device-task')).toContainText('first step');
  await expect(page.getByTestId('comparison')).toHaveText(
    'ResNet-50, batch 16 at 64 px, median of 5 steps: Tabtrain’s step is 7.0 times as fast.',
  );
  await page.getByRole('button', { name: 'Copy as Markdown' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('| plain tfjs | 151 | 106 | 4.2 | 7.10235 |');
});

test('measures nothing while a run trains, and offers to tune once after it', async ({ page }) => {
  await openFake(page, 'stored&events=20');
  await expect(page.getByRole('region', { name: 'Tuning' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('run-status')).toContainText('training');
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  for (const name of ['Run the self-test', 'Tune for this device', 'Compare'])
    await expect(page.getByRole('button', { name })).toBeDisabled();
  await page.getByRole('link', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  const confirm = page.locator('.confirm .button.danger');
  if (await confirm.isVisible()) await confirm.click();
  const offer = page.getByRole('region', { name: 'Tuning' });
  await offer.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toHaveCount(0);
  await page.reload();
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Compare' })).toBeEnabled();
});
