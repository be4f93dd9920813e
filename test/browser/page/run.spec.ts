/** A run on the page: one press, live figures and curves, steering it, and what it leaves behind. */
import { expect, test } from '@playwright/test';
import { collectErrors, openFake, pictureFile } from './support.ts';

test('one press from page load trains on the demo set, and the page shows it live', async ({ page }) => {
  const errors = collectErrors(page);
  await openFake(page, 'events=120&importMs=1500');
  await page.getByRole('button', { name: /^Train/ }).click();
  await expect(page.getByText(/Reading|Storing/)).toBeVisible();
  await expect(page.getByTestId('run-status')).toContainText('training');
  await expect(page.getByTestId('step')).not.toHaveText('–');
  const first = Number(await page.getByTestId('step').textContent());
  await expect.poll(async () => Number(await page.getByTestId('step').textContent())).toBeGreaterThan(first);
  await expect(page.getByTestId('images-per-second')).toHaveText(/\d/);
  await expect(page.getByTestId('seconds-left')).toHaveText(/min|s/);
  await expect(page.getByTestId('ema-top1')).toHaveText(/%/);
  await expect(page).toHaveTitle(/\d+\/12 · [\d.]+ % · Tabtrain/);
  await expect(page.getByRole('list').filter({ hasText: 'is ' }).getByRole('img').first()).toBeVisible();
  await expect(page.locator('[data-chart="loss"] .legend-value').first()).toHaveText(/\d/);
  expect(errors).toEqual([]);
});

test('pause, one step, resume and stop', async ({ page }) => {
  await openFake(page, 'stored&events=60');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused');
  await page.waitForTimeout(200);
  const paused = Number(await page.getByTestId('step').textContent());
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect(page.getByTestId('step')).toHaveText(String(paused + 1));
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect
    .poll(async () => Number(await page.getByTestId('step').textContent()))
    .toBeGreaterThan(paused + 3);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('run-status')).toContainText('stopped');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
});

test('the set-up is locked while a run goes on', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByLabel('Epochs', { exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByLabel('Epochs', { exact: true })).toBeEnabled();
});

test('weights are saved under model, data set and kind', async ({ page }) => {
  await openFake(page, 'stored&events=60');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the EMA weights' }).click();
  expect((await download).suggestedFilename()).toBe('resnet18-emoji-in-five-styles-ema.safetensors');
});

test('an unfinished run is offered with its curves, resumed, or discarded after a question', async ({
  page,
}) => {
  await openFake(page, 'unfinished');
  const banner = page.getByRole('region', { name: 'Unfinished run' });
  await expect(banner).toContainText('ResNet-18 on Emoji in five styles, epoch 4 of 12, stopped 5 min ago');
  await expect(page.getByTestId('step')).toHaveText('299');
  await banner.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByTestId('run-status')).toContainText('training');
  await expect.poll(async () => Number(await page.getByTestId('step').textContent())).toBeGreaterThan(300);

  await page.goto('about:blank');
  await openFake(page, 'unfinished');
  await banner.getByRole('button', { name: 'Discard' }).click();
  await expect(banner.getByRole('button', { name: 'Keep' })).toBeFocused();
  await banner.getByRole('button', { name: 'Discard' }).click();
  await expect(banner).toBeHidden();
  await expect(page.getByTestId('step')).toHaveText('–');
});

test('your own image gets its top five, by raw or EMA weights, live', async ({ page }) => {
  await openFake(page, 'stored&events=100');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  const panel = page.getByRole('region', { name: 'Try your own image' });
  await panel.locator('input[type=file]').setInputFiles(pictureFile('mine.png'));
  await expect(panel.getByRole('list').getByRole('listitem')).toHaveCount(5);
  await panel.getByRole('button', { name: 'EMA' }).click();
  await expect(panel.getByText(/EMA weights at step/)).toBeVisible();
  const seen = await panel.getByText(/weights at step/).textContent();
  await expect(panel.getByText(/weights at step/)).not.toHaveText(seen ?? '', { timeout: 10_000 });
});

test('problems and refusals stand where they were caused', async ({ page }) => {
  await openFake(page, 'stored&problem&events=60');
  const run = page.getByRole('region', { name: /Run$/ });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(run.getByRole('alert')).toContainText('the disk is full');
  await run.getByRole('button', { name: 'Dismiss this message' }).click();
  await expect(run.getByRole('alert')).toHaveCount(0);

  await openFake(page, 'stored&startRefused');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(run.getByRole('alert')).toContainText('Another tab is training already');
  await expect(page.getByTestId('run-status')).toContainText('ready');

  await openFake(page, 'stored&refused');
  await expect(run.getByRole('alert')).toContainText('Lower the batch size to 8');
  const train = page.getByRole('button', { name: 'Train', exact: true });
  await expect(train).toHaveAttribute('aria-disabled', 'true');
  await expect(train).toHaveAccessibleDescription(/Lower the batch size/);
});

for (const [device, words] of [
  ['insecure-context', 'This address is not secure'],
  ['no-webgpu', 'This browser has no WebGPU'],
  ['no-adapter', 'found no graphics processor'],
] as const) {
  test(`without a device (${device}) the page says why, and recipes and saved curves still work`, async ({
    page,
  }) => {
    await openFake(page, `device=${device}&runs=1`);
    await expect(page.getByRole('heading', { name: words })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Train', exact: true })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await page.getByLabel('Epochs', { exact: true }).fill('30');
    await expect(page.getByRole('img', { name: /Learning rate over 30 epochs/ })).toBeVisible();
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('link', { name: 'ResNet-18 on Emoji' }).click();
    await page.getByRole('button', { name: 'Table' }).click();
    await expect(
      page.getByRole('region', { name: 'Evaluations of every epoch' }).getByRole('row'),
    ).toHaveCount(13);
  });
}

test('a software adapter is named with a quiet note', async ({ page }) => {
  await openFake(page, 'device=software&stored');
  await expect(page.getByText(/Everything works, but slowly/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).not.toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('closing the tab asks while a run moves, and not when it is paused', async ({ page }) => {
  await openFake(page, 'stored&events=60');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += 1;
    void dialog.accept();
  });
  await page.reload();
  expect(asked).toBe(1);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).not.toHaveText('–');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('run-status')).toContainText('paused');
  await page.reload();
  expect(asked).toBe(1);
});

test('a stored run can be the start of the next, with stages frozen', async ({ page }) => {
  await openFake(page, 'runs=1', 'runs');
  await page.getByRole('button', { name: 'Start from it' }).click();
  await expect(page.getByText('New head: the file has 1000 classes, the data 13.')).toBeVisible();
  const before = await page.getByTestId('estimate').textContent();
  await page.getByLabel('Keep frozen').selectOption({ label: 'everything up to layer4' });
  await expect(page.getByTestId('estimate')).not.toHaveText(before ?? '');
});

test('a hidden curve stays hidden when the axis changes', async ({ page }) => {
  await openFake(page, 'unfinished');
  const entry = page.getByRole('button', { name: /train step/ });
  await entry.click();
  await expect(entry).toHaveAttribute('aria-pressed', 'false');
  await page.getByRole('button', { name: 'epoch', exact: true }).click();
  await expect(entry).toHaveAttribute('aria-pressed', 'false');
  await entry.click();
  await expect(entry).toHaveAttribute('aria-pressed', 'true');
});

test('a worker that does not load is said at the top, with what to do', async ({ page }) => {
  await page.route('**/trainer-*.js', (route) => route.abort());
  // The page itself, not on fakes: the project's baseURL.
  await page.goto('');
  await expect(page.getByRole('alert')).toContainText('The trainer stopped working');
  await expect(page.getByRole('alert')).toContainText('Reload the page');
});
