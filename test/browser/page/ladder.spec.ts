/** The ladder, the queue, two runs side by side, and links with a prepared recipe. */
import { expect, test, type Page } from '@playwright/test';
import { collectErrors, openFake } from './support.ts';

function rung(page: Page, name: string) {
  return page.locator(`[data-rung="${name}"]`);
}

async function startDefault(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train 3 rungs' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('1 of 3');
}

test('the ticked rungs are trained one after the other, and their gains stand beside the published', async ({
  page,
}) => {
  const errors = collectErrors(page);
  await openFake(page, 'stored&events=1000', 'ladder');
  await expect(page.getByTestId('ladder-data')).toContainText('Emoji in five styles, 13 classes, 2,654');
  await expect(page.getByTestId('queue-estimate')).toHaveText(/3 runs, about \d+ (s|min)/);
  await expect(rung(page, 'mixup')).toContainText('--mixup-alpha 0.2');
  await expect(rung(page, 'fixres')).toContainText('here--train-crop-size 25');
  await startDefault(page);
  await expect(page.getByTestId('queue-left')).toHaveText(/about .* left/);
  await expect(rung(page, 'repeated-augmentation')).toContainText('waits');
  await expect(page.getByTestId('queue-now')).toBeHidden({ timeout: 30_000 });
  await expect(rung(page, 'baseline').getByTestId('raw')).toHaveText(/^\d+\.\d$/);
  await expect(rung(page, 'baseline').getByTestId('ema')).toHaveText('–');
  await expect(rung(page, 'mixup').getByTestId('gain')).toHaveText(/^[+−]\d+\.\d to 1$/);
  await expect(rung(page, 'repeated-augmentation').getByTestId('ema')).toHaveText(/^\d+\.\d$/);
  // The published gain over the same six rungs: 79.232 − 76.130.
  await expect(page.locator('#ladder-gains').getByRole('row', { name: /Mixup against 1/ })).toContainText(
    '+3.10',
  );
  await rung(page, 'mixup')
    .getByRole('link', { name: /Compare/ })
    .click();
  await expect(page.getByTestId('verdict')).toContainText('They differ in');
  expect(errors).toEqual([]);
});

test('a queue that runs goes on by itself after a reload, from the checkpoint', async ({ page }) => {
  await openFake(page, 'stored&keep&events=70', 'ladder');
  page.on('dialog', (dialog) => void dialog.accept());
  await startDefault(page);
  // The second rung has a checkpoint.
  await expect(rung(page, 'mixup')).toContainText(/epoch [2-6] of 12/, { timeout: 30_000 });
  await page.reload();
  await expect(page.getByTestId('queue-now')).toContainText('Mixup');
  await expect(page.getByTestId('queue-now')).toContainText('training');
  await expect(rung(page, 'mixup')).toContainText(/epoch [2-8] of 12/);
  await expect(page.getByTestId('queue-now')).toBeHidden({ timeout: 30_000 });
  for (const name of ['baseline', 'mixup', 'repeated-augmentation']) {
    await expect(rung(page, name).getByTestId('raw')).toHaveText(/\d/);
  }
  // The run was gone on with, not begun again.
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'ladder: Mixup' })).toHaveCount(1);
});

test('a queue on hold waits for the person after a reload; what had no checkpoint begins again', async ({
  page,
}) => {
  await openFake(page, 'stored&keep&events=20', 'ladder');
  await startDefault(page);
  await expect(rung(page, 'baseline')).toContainText('epoch 1 of 4');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('on hold');
  await expect(page.getByTestId('run-status')).toContainText('paused');
  await page.reload();
  await expect(page.getByTestId('queue-now')).toContainText('on hold');
  await page.waitForTimeout(400);
  await expect(page.getByTestId('run-status')).not.toContainText('training');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByTestId('run-status')).toContainText('training');

  await page.getByRole('button', { name: 'Skip this rung' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('Mixup');
  await expect(rung(page, 'baseline')).toContainText('skipped');
  page.on('dialog', (dialog) => void dialog.accept());
  await expect(rung(page, 'mixup')).toContainText('epoch 1 of 12');
  // Not one evaluation, so no checkpoint: nothing is lost but these steps.
  await page.reload();
  await expect(rung(page, 'mixup')).toContainText('epoch 1 of 12');
  await expect(page.getByTestId('queue-now')).toContainText('training');
});

test('a run that diverges is marked with why, and the next is trained', async ({ page }) => {
  await openFake(page, 'stored&events=1000&diverges=2', 'ladder');
  await startDefault(page);
  await expect(rung(page, 'mixup')).toContainText('failed: The loss is no longer a number', {
    timeout: 30_000,
  });
  await expect(page.getByTestId('queue-now')).toBeHidden({ timeout: 30_000 });
  await expect(rung(page, 'repeated-augmentation').getByTestId('gain')).toHaveText(/to 1$/);
});

test('a refused start is said at every rung, and the queue ends', async ({ page }) => {
  await openFake(page, 'stored&startRefused', 'ladder');
  await page.getByRole('button', { name: 'Train 3 rungs' }).click();
  for (const name of ['baseline', 'mixup', 'repeated-augmentation']) {
    await expect(rung(page, name)).toContainText('failed: Another tab is training already');
  }
  await expect(page.getByRole('button', { name: 'Train 3 rungs' })).toBeVisible();
});

test('what waits can be removed, the rest cancelled, and Pause on the training view holds the queue', async ({
  page,
}) => {
  await openFake(page, 'stored&events=30', 'ladder');
  await startDefault(page);
  await rung(page, 'mixup').getByRole('button', { name: 'Remove Mixup from the queue' }).click();
  await expect(page.getByTestId('queue-now')).toContainText('1 of 2');
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('link', { name: 'Ladder', exact: true }).click();
  await expect(page.getByTestId('queue-now')).toContainText('on hold');
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('link', { name: 'Ladder', exact: true }).click();
  await expect(page.getByTestId('queue-now')).toContainText('training');
  await page.getByRole('button', { name: 'Cancel the queue' }).click();
  await page.getByRole('button', { name: 'Cancel the queue' }).click();
  await expect(page.getByTestId('run-status')).toContainText('stopped');
  await expect(page.getByRole('button', { name: 'Train 3 rungs' })).toBeVisible();
  await expect(rung(page, 'repeated-augmentation')).not.toContainText('waits');
});

test('a second tab shows the queue and leaves it to the first, until that is closed', async ({
  page,
  context,
}) => {
  await openFake(page, 'stored&events=20', 'ladder');
  await startDefault(page);
  const second = await context.newPage();
  await openFake(second, 'stored&events=20', 'ladder');
  await expect(second.getByTestId('queue-now')).toContainText('in another tab');
  await expect(second.getByRole('button', { name: 'Skip this rung' })).toBeDisabled();
  await page.close();
  await expect(second.getByTestId('queue-now')).toContainText('training');
});

test('a setting out of range says so, and holds the start back', async ({ page }) => {
  await openFake(page, 'stored', 'ladder');
  await page.getByLabel('Image size').fill('8');
  await expect(page.getByText('basePx is 8, but must be a whole number from 24 to 512.')).toBeVisible();
  const start = page.getByRole('button', { name: 'Train 3 rungs' });
  await expect(start).toHaveAttribute('aria-disabled', 'true');
  await expect(start).toHaveAccessibleDescription(/A setting needs a look/);
  await page.getByLabel('Image size').fill('64');
  await expect(rung(page, 'inference-resize')).toContainText('--val-resize-size 66');
  await page.getByRole('button', { name: 'None', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Train the ticked rungs' })).toHaveAccessibleDescription(
    'No rung is ticked.',
  );
  await page.reload();
  await expect(page.getByLabel('Image size')).toHaveValue('64');
});

test('two runs that differ in one switch stand side by side, from the list of runs', async ({ page }) => {
  const errors = collectErrors(page);
  await openFake(page, 'ladder=13', 'runs');
  await page
    .getByRole('listitem')
    .filter({ hasText: 'ladder: Label smoothing' })
    .getByRole('button', { name: /^Compare/ })
    .click();
  await page
    .getByRole('listitem')
    .filter({ hasText: 'ladder: Mixup' })
    .getByRole('button', { name: /^Compare with/ })
    .click();
  await expect(page.getByTestId('verdict')).toHaveText(
    'They differ in one switch, mixup α: the difference is its doing, and chance’s.',
  );
  await expect(page.locator('#compare-recipes').getByRole('row', { name: /--mixup-alpha/ })).toContainText(
    '00.2',
  );
  await expect(page.getByRole('img', { name: /^Top-1, at the end: A train .* B val. raw/ })).toBeVisible();
  await page.getByRole('link', { name: 'Swap' }).click();
  await expect(page.locator('#compare-recipes').getByRole('row', { name: /--mixup-alpha/ })).toContainText(
    '0.20',
  );
  await page.getByText('Every epoch as a table').click();
  await expect(page.getByRole('region', { name: 'Evaluations of both runs' }).getByRole('row')).toHaveCount(
    13,
  );
  await page.evaluate(() => (location.hash = '#/compare/rung-mixup/nothing'));
  await expect(page.getByRole('alert')).toContainText('The run nothing is not stored in this browser');
  expect(errors).toEqual([]);
});

test('a link opens the page with its recipe prepared, and a copied link is such a one', async ({
  page,
  context,
}) => {
  await openFake(page, 'stored', 'train?preset=mixup&epochs=6&limit=500');
  const recipe = page.getByRole('region', { name: 'Recipe' });
  await expect(recipe).toContainText('This recipe came with the link.');
  await expect(recipe.getByRole('combobox').first()).toHaveValue('mixup');
  await expect(recipe.getByLabel('Epochs', { exact: true })).toHaveValue('6');
  await expect(recipe.getByText('changed: 2 fields')).toBeVisible();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await recipe.getByLabel('Epochs', { exact: true }).fill('7');
  await recipe.getByRole('button', { name: 'Copy link' }).click();
  await expect(recipe.getByText('Link copied.')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).hash).toBe('#/train?preset=mixup&epochs=7&limit=500');
  await page.goto('about:blank');
  await page.goto(link);
  await expect(recipe.getByLabel('Epochs', { exact: true })).toHaveValue('7');
});

test('a wrong link changes nothing and says everything that is wrong with it', async ({ page }) => {
  await openFake(page, 'stored', 'train?preset=referense&epochs=many&epoks=3');
  const alert = page.getByRole('region', { name: 'Recipe' }).getByRole('alert');
  await expect(alert).toContainText('The recipe of the link was not taken, because:');
  await expect(alert).toContainText('"referense" is not the name of a recipe. Did you mean reference?');
  await expect(alert).toContainText('epochs is "many"');
  await expect(alert).toContainText('epoks is not a field of a recipe. Did you mean epochs?');
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('12');
  await page.getByRole('button', { name: 'Dismiss this message' }).click();
  await expect(alert).toHaveCount(0);
});

test('the rungs are presets of the training view, after the three', async ({ page }) => {
  await openFake(page, 'stored');
  const preset = page.getByRole('region', { name: 'Recipe' }).getByRole('combobox').first();
  await expect(preset.locator('option')).toHaveCount(14);
  await preset.selectOption({ label: '7 Mixup' });
  await expect(page.getByText('Rung 7 of 13, 79.2 % on ImageNet.')).toBeVisible();
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('600');
});
