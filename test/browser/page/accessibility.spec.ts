/** axe-core finds nothing in any view, in both appearances, on a wide window and a phone; keys suffice. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect, test, type Page } from '@playwright/test';
import { measureAll, openFake } from './support.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.addScriptTag({ path: axePath });
  // Details of what passes are never read, and take most of its time.
  const results = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`),
  );
}

/** Waits for the inspector's pictures. */
async function drawn(page: Page): Promise<void> {
  await expect(page.locator('.augment-view canvas').nth(5)).toBeVisible();
}

const views: [string, string, string, ((page: Page) => Promise<void>)?][] = [
  ['before a run', 'stored', 'train'],
  ['with everything unfolded', 'stored&unreadable', 'train', (page) => page.getByText('All fields').click()],
  ['with wrong fields', 'stored', 'train', (page) => page.getByLabel('Epochs', { exact: true }).fill('many')],
  [
    'while a run goes on',
    'stored&events=60&problem',
    'train',
    async (page) => {
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      await expect(page.getByTestId('ema-top1')).toHaveText(/%/);
      await page.getByRole('button', { name: 'Table' }).click();
      await page.getByRole('button', { name: 'Pause' }).click();
    },
  ],
  ['with an unfinished run', 'unfinished', 'train'],
  ['without a device', 'device=no-adapter', 'train'],
  [
    'in the import dialogue',
    'stored',
    'train',
    async (page) => {
      await page.getByRole('button', { name: /Use my photos/ }).click();
      await page.getByRole('button', { name: 'Make classes by hand' }).click();
    },
  ],
  ['in the list of runs', 'runs=2', 'runs/finished-0'],
  ['on the ladder before a run', 'stored', 'ladder'],
  ['on the ladder with results', 'ladder=13', 'ladder'],
  [
    'on the ladder while the queue goes on',
    'stored&events=60',
    'ladder',
    async (page) => {
      await page.getByRole('button', { name: 'Train 3 rungs' }).click();
      await expect(page.getByTestId('queue-now')).toContainText('training');
    },
  ],
  [
    'on the ladder with a wrong setting',
    'stored',
    'ladder',
    (page) => page.getByLabel('Image size').fill('8'),
  ],
  ['beside another run', 'ladder=13', 'compare/rung-label-smoothing/rung-mixup'],
  ['after a wrong link', 'stored', 'train?preset=referense'],
  ['in the inspector', 'stored', 'augment?n=6', drawn],
  ['on the inspector’s operations', 'stored', 'augment?tab=operations', drawn],
  ['on the inspector’s sizes', 'stored', 'augment?tab=sizes', drawn],
  ['on the batch of a step', 'runs=1', 'augment?tab=batch&run=finished-0', drawn],
  ['where a link asks for a file', 'stored', 'augment?file=0badcafe-12'],
  ['on the device view', 'stored', 'device'],
  ['on the device view with everything measured', 'stored&wrongKernel', 'device', measureAll],
];

for (const [name, query, view, prepare] of views) {
  test(`axe finds nothing ${name}, on a desktop in light and a phone in dark colours`, async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await openFake(page, query, view);
    await prepare?.(page);
    await page.waitForTimeout(300);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 375, height: 812 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.waitForTimeout(300);
    expect(await violations(page)).toEqual([]);
  });
}

test('the keyboard alone reaches Train and starts a run', async ({ page }) => {
  await openFake(page, 'stored');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  const train = page.getByRole('button', { name: 'Train', exact: true });
  for (
    let i = 0;
    i < 60 && !(await train.evaluate((element) => element === document.activeElement));
    i += 1
  ) {
    await page.keyboard.press('Tab');
  }
  await expect(train).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('run-status')).toContainText('training');
  await expect(page.locator('.action-bar button:focus')).toHaveCount(1);
});

test('a screen reader hears changes of status and epochs, not steps', async ({ page }) => {
  await openFake(page, 'stored&events=100');
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const live = document.querySelector('[aria-live="polite"]');
    if (live === null) throw new Error('There is no live region.');
    new MutationObserver(() => said.push(live.textContent)).observe(live, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('epoch')).toHaveText('4');
  const said = await page.evaluate<string[]>('said');
  expect(said.some((text) => text.includes('Run training'))).toBe(true);
  expect(said.some((text) => text.includes('Epoch 2 of 12 done'))).toBe(true);
  expect(said.length).toBeLessThan(20);
});

test('curves get narrower with the window', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 1000 });
  await openFake(page, 'stored&events=20');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  await page.setViewportSize({ width: 375, height: 812 });
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth))
    .toBeLessThanOrEqual(0);
});

test('a phone of 375 px has no sideways scrolling and Train within reach', async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 812 });
  for (const view of [
    'train',
    'augment',
    'augment?tab=operations',
    'augment?tab=sizes',
    'augment?tab=batch',
    'ladder',
    'compare/rung-baseline/rung-mixup',
    'runs',
    'device',
  ]) {
    await openFake(page, 'runs=2&ladder=13', view);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `sideways overflow of #/${view}`).toBeLessThanOrEqual(0);
  }
  await openFake(page, 'stored');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeInViewport();
});
