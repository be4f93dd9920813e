/** The built page where the browser gives it nothing: plain http under a name that is not localhost. */
import { expect } from '@playwright/test';
import { test } from './support.ts';

test('over plain http the page says why it cannot train, and recipes still work', async ({
  playwright,
  launchOptions,
  baseURL,
}) => {
  const browser = await playwright.chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), '--host-resolver-rules=MAP tabtrain.test 127.0.0.1'],
  });
  const page = await browser.newPage();
  await page.goto((baseURL ?? '').replace('localhost', 'tabtrain.test'));
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await expect(page.getByRole('heading', { name: 'This address is not secure' })).toBeVisible();
  await expect(page.getByText(/Open it over https/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await page.getByLabel('Epochs', { exact: true }).fill('30');
  await expect(page.getByRole('img', { name: /Learning rate over 30 epochs/ })).toBeVisible();
  await browser.close();
});
