/**
 * Fashion-MNIST in Chromium with the baseline recipe at 32 px: 6,000 images seen, 1,000 to validate. The same
 * run as `npm run tabtrain -- train … --limit 1200` in docs/BENCHMARKS.md. Needs Debian's
 * dataset-fashion-mnist, or its four files in the folder FASHION_MNIST names.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from '@playwright/test';
import { openPage, setRecipe, storedHistory, test } from './support.ts';
import { patience } from '../../support/patience.ts';

const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';
const files = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
const results = 'build/test-reports/fashion-mnist';

test('Fashion-MNIST reaches 65 % after 6,000 images', async ({ newcomer, baseURL }) => {
  test.setTimeout(patience(7_200_000));
  await mkdir(results, { recursive: true });
  const page = await openPage(newcomer, baseURL ?? '');
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('13 classes', {
    timeout: patience(60_000),
  });
  await page.getByRole('button', { name: /Use my photos/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Use my photos' });
  await dialog
    .locator('input[type=file]')
    .nth(1)
    .setInputFiles(files.map((name) => `${folder}/${name}-ubyte.gz`));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('10 classes, 60,000 images', {
    timeout: patience(120_000),
  });
  await page.getByLabel('Preset').selectOption('baseline');
  await page.getByRole('radio', { name: 'ResNet-18' }).check();
  await setRecipe(page, {
    epochs: 5,
    worldSize: 1,
    batchSize: 32,
    lr: 0.01,
    lrScheduler: 'cosineannealinglr',
    trainCropSize: 32,
    valCropSize: 32,
    valResizeSize: 36,
    limit: 1200,
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('run-status')).toContainText('finished', { timeout: patience(7_000_000) });
  const history = await storedHistory(page);
  await writeFile(`${results}/history.json`, JSON.stringify(history));
  const last = history.evaluations.at(-1);
  console.info(`Fashion-MNIST: ${history.evaluations.map(({ top1 }) => top1.toFixed(3)).join(', ')}`);
  expect(last?.imagesSeen).toBe(6000);
  expect(last?.top1).toBeGreaterThanOrEqual(0.65);
});
