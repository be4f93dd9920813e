/** Curves are drawn off the page's thread; the page tells their values at the pointer. */
import { expect, test, type Page } from '@playwright/test';
import sharp from 'sharp';
import { openFake } from './support.ts';

/** Share of the loss chart's pixels that are clearly not the background. */
async function inkShare(page: Page): Promise<number> {
  const picture = await page.locator('[data-chart="loss"] .chart-canvas').screenshot();
  const { data } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  const background = data[data.length - 1] ?? 255;
  return data.filter((value) => Math.abs(value - background) > 60).length / data.length;
}

test('a run’s curves are drawn, and hidden ones are not', async ({ page }) => {
  await openFake(page, 'runs=1', 'runs/finished-0');
  await expect(page.locator('[data-chart="loss"] .legend-value').first()).toHaveText(/\d/);
  await expect.poll(() => inkShare(page)).toBeGreaterThan(0.01);
  const drawn = await inkShare(page);
  for (const entry of await page.locator('[data-chart="loss"] .legend-entry').all()) await entry.click();
  await expect.poll(() => inkShare(page)).toBeLessThan(drawn / 2);
});

test('legends tell the values at the mouse, and at the arrow keys', async ({ page }) => {
  await openFake(page, 'runs=1', 'runs/finished-0');
  const chart = page.locator('[data-chart="loss"] .chart-canvas');
  const legend = page.locator('[data-chart="loss"] .legend-value').nth(1);
  const other = page.locator('[data-chart="learningRate"] .legend-value');
  await expect(legend).toHaveText(/\d/);
  const latest = await legend.textContent();
  const latestRate = await other.textContent();

  await chart.hover({ position: { x: 70, y: 60 } });
  await expect(page.locator('[data-chart="loss"] .chart-pointer')).toBeVisible();
  await expect(legend).not.toHaveText(latest ?? '');
  await expect(other).not.toHaveText(latestRate ?? '');
  expect(Number(await legend.textContent())).toBeGreaterThan(Number(latest));
  await page.mouse.move(0, 0);
  await expect(legend).toHaveText(latest ?? '');

  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuetext', /^step 1: train step \d/);
  await page.keyboard.press('ArrowRight');
  await expect(chart).not.toHaveAttribute('aria-valuetext', /^step 1:/);
  await page.keyboard.press('End');
  await expect(legend).toHaveText(latest ?? '');
  await page.keyboard.press('Escape');
  await expect(chart).toHaveAttribute('aria-valuetext', 'latest values');
});

test('a chart thread that does not start is told where the curves would be', async ({ page }) => {
  await page.route('**/charts-*.js', (route) => route.abort());
  await openFake(page, 'runs=1', 'runs/finished-0');
  await expect(page.getByRole('alert')).toContainText('The curves cannot be drawn');
});
