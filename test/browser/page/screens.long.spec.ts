/** Pictures of the page for the eye: test-results/screens/. They fail only where the page does not get there. */
import { expect, test, type Page } from '@playwright/test';
import { measureAll, openFake, pictureFile } from './support.ts';

const windows = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

async function train(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('epoch')).toHaveText('6', { timeout: 20_000 });
  await page.locator('#try-image input[type=file]').setInputFiles(pictureFile('mine.png'));
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused');
}

/** The whole ladder ticked and begun: one rung done, one under way. */
async function climb(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('button', { name: 'Train 13 rungs' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('5 of 13', { timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('on hold');
}

async function drawn(page: Page): Promise<void> {
  await expect(page.locator('.augment-view canvas').nth(5)).toBeVisible();
}

const screens: [string, string, string, ((page: Page) => Promise<void>)?][] = [
  ['first', 'stored', 'train'],
  ['training', 'stored&events=200', 'train', train],
  ['unfinished', 'unfinished', 'train'],
  ['runs', 'runs=3&unfinished', 'runs/finished-0'],
  ['augment', 'stored', 'augment?seed=4', drawn],
  ['augment-operations', 'stored', 'augment?tab=operations&photo=allium-oreophilum', drawn],
  ['augment-sizes', 'stored', 'augment?tab=sizes', drawn],
  ['augment-batch', 'runs=1&mixing', 'augment?tab=batch&run=finished-0&step=3', drawn],
  ['device', 'stored', 'device'],
  ['device-measured', 'stored&wrongKernel', 'device', measureAll],
  ['ladder-first', 'stored', 'ladder'],
  ['ladder', 'ladder=13', 'ladder'],
  ['ladder-queue', 'stored&events=400', 'ladder', climb],
  ['compare', 'ladder=13', 'compare/rung-label-smoothing/rung-mixup'],
  ['no-device', 'device=no-webgpu&runs=1', 'train'],
];

for (const [size, viewport] of Object.entries(windows)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`screens, ${size}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const [name, query, view, prepare] of screens) {
        await openFake(page, query, view);
        await prepare?.(page);
        await page.waitForTimeout(400);
        await page.screenshot({
          fullPage: view !== 'train' && view !== 'runs/finished-0',
          path: `test-results/screens/${name}-${size}-${colorScheme}.png`,
        });
        // The next view may have the same address but for the query.
        await page.goto('about:blank');
      }
    });
  }
}
