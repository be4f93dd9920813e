/** The trainer is told whether someone can see the page: it sizes its submits by that. */
import { expect, test } from '@playwright/test';
import { openFake } from './support.ts';

test('the trainer hears when the page is hidden and shown again', async ({ page }) => {
  await openFake(page);
  const body = page.locator('body');
  await expect(body).toHaveAttribute('data-trainer-is-watched', 'true');
  for (const [state, isWatched] of [
    ['hidden', 'false'],
    ['visible', 'true'],
  ] as const) {
    await page.evaluate((visibility) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: visibility });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
    await expect(body).toHaveAttribute('data-trainer-is-watched', isWatched);
  }
});
