/** The README's pictures of the inspector and the ladder, of real draws and real runs: build/test-reports/pictures. */
import { mkdir } from 'node:fs/promises';
import { expect } from '@playwright/test';
import { openPage, test } from './support.ts';
import { patience } from '../../support/patience.ts';

const pictures = 'build/test-reports/pictures';
const desktop = { width: 1440, height: 1000 };

test('a picture of the inspector', async ({ person, baseURL }) => {
  test.setTimeout(patience(300_000));
  await mkdir(pictures, { recursive: true });
  const page = await openPage(person, `${baseURL ?? ''}#/augment?seed=4`);
  await page.setViewportSize(desktop);
  await expect(page.getByRole('list', { name: 'Draws' }).getByRole('button')).toHaveCount(12, {
    timeout: patience(120_000),
  });
  await expect(page.getByText('by the kernels that train')).toBeVisible({ timeout: patience(60_000) });
  await page.waitForTimeout(1000);
  await page.screenshot({ path: `${pictures}/inspector.png` });
});

test('three rungs of the ladder, trained, and their picture', async ({ person, baseURL }) => {
  test.setTimeout(patience(1_800_000));
  await mkdir(pictures, { recursive: true });
  const page = await openPage(person, `${baseURL ?? ''}#/ladder`);
  await page.setViewportSize(desktop);
  await expect(page.getByTestId('ladder-data')).toContainText('13 classes', { timeout: patience(60_000) });
  for (const [label, value] of [
    ['Epochs, short', '2'],
    ['Epochs, long', '4'],
    ['Image limit', '320'],
  ] as const) {
    await page.getByLabel(label).fill(value);
  }
  await page.getByRole('button', { name: 'Train 3 rungs' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('1 of 3', { timeout: patience(60_000) });
  await expect(page.getByTestId('queue-now')).toBeHidden({ timeout: patience(1_700_000) });
  for (const rung of ['baseline', 'mixup', 'repeated-augmentation']) {
    const trained = page.locator(`[data-rung="${rung}"]`);
    await expect(trained.getByTestId('raw')).toHaveText(/^\d+\.\d$/);
    await trained.scrollIntoViewIfNeeded();
  }
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${pictures}/ladder.png`, fullPage: true });
});
