/** The page's own work stays small while events pour in. */
import { expect, test } from '@playwright/test';
import { openFake } from './support.ts';

test('200 events a second cost under 8 ms a piece at the 99th percentile', async ({ page }) => {
  await openFake(page, 'stored&events=200');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  // Real time: this is how long the page is watched.
  await page.waitForTimeout(5000);
  await page.getByRole('link', { name: 'Device', exact: true }).click();
  for (const kind of ['events', 'charts']) {
    const row = page.getByTestId(`performance-${kind}`);
    const read = async (name: string) => Number(await row.getAttribute(`data-${name}`));
    console.log(
      `${kind}: ${await read('count')} measured, p50 ${(await read('p50')).toFixed(2)} ms, ` +
        `p99 ${(await read('p99')).toFixed(2)} ms, worst ${(await read('worst')).toFixed(2)} ms`,
    );
    expect(await read('count')).toBeGreaterThan(kind === 'events' ? 600 : 60);
    expect(await read('p99')).toBeLessThan(8);
  }
  await expect(page.getByTestId('performance-longtasks')).toHaveAttribute('data-supported', 'true');
});
