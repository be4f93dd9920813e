/** Opens the page on its fakes, as `vite build --config test/browser/page/vite.config.ts` leaves it. */
import { expect, type Page } from '@playwright/test';

const address = 'http://localhost:4175/test/browser/page/fake.html';

/** A page's uncaught errors and console errors, filled while the test runs. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

/** `query` as in fakeSettings.ts, for example `stored&events=200`; `view` is the address after `#/`. */
export async function openFake(page: Page, query = '', view = 'train'): Promise<void> {
  await page.goto(`${address}?${query}#/${view}`);
  await expect(page.getByRole('heading', { name: 'Tabtrain' })).toBeVisible();
}

/** On the Device view: self-test, tuning and comparison done, and what is folded away unfolded. */
export async function measureAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run the self-test' }).click();
  await page.locator('#kernels').getByText('Each kernel', { exact: true }).click();
  await page.getByRole('button', { name: 'Tune for this device' }).click();
  await expect(page.locator('#kernels')).toContainText('tuned here');
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByTestId('comparison')).toBeVisible();
  await page.getByText('All limits').click();
}

/** A tiny PNG of one colour, as a file for an input. */
export function pictureFile(name: string): { name: string; mimeType: string; buffer: Buffer } {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return { name, mimeType: 'image/png', buffer: Buffer.from(png, 'base64') };
}
