/** The inspector's view on its real logic, computed on the page's processor: grid, seed, link, own image, sliders. */
import { expect, test, type Page } from '@playwright/test';
import { openFake, pictureFile } from './support.ts';

const draws = (page: Page) => page.getByRole('list', { name: 'Draws' }).getByRole('button');

/** What was drawn, in words, for each draw of the grid. */
async function drawn(page: Page, count = 12): Promise<(string | null)[]> {
  await expect(draws(page)).toHaveCount(count, { timeout: 20_000 });
  await expect(page.getByRole('list', { name: 'Draws' })).toHaveAttribute('aria-busy', 'false');
  return await draws(page).evaluateAll((cells) => cells.map((cell) => cell.getAttribute('title')));
}

const query = (page: Page) => new URLSearchParams(new URL(page.url()).hash.replace('#/augment?', ''));

test('a seed gives its draws again, and another gives others', async ({ page }) => {
  await openFake(page, 'stored', 'augment?n=6&seed=7');
  const first = await drawn(page, 6);
  expect(new Set(first).size).toBe(6);
  await page.getByRole('button', { name: 'Resample' }).click();
  await expect.poll(() => drawn(page, 6)).not.toEqual(first);
  expect(query(page).get('seed')).not.toBe('7');
  const seed = page.getByRole('spinbutton', { name: 'Seed' });
  await seed.fill('7');
  await seed.press('Enter');
  await expect.poll(() => drawn(page, 6)).toEqual(first);
});

test('a locked seed stays with another image; an unlocked one does not', async ({ page }) => {
  await openFake(page, 'stored', 'augment?n=6&seed=7');
  await drawn(page, 6);
  await page.getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByRole('button', { name: 'Resample' })).toBeDisabled();
  await page.getByRole('button', { name: 'Boats' }).click();
  await expect.poll(() => query(page).get('photo')).toBe('nagasaki-boats');
  expect(query(page).get('seed')).toBe('7');
  await page.getByRole('button', { name: 'Locked' }).click();
  await page.getByRole('button', { name: 'Airplane' }).click();
  await expect.poll(() => query(page).get('photo')).toBe('airplane-from-above');
  expect(query(page).get('seed')).not.toBe('7');
});

test('the link gives the same view to somebody else', async ({ page, context }) => {
  await openFake(page, 'stored', 'augment?n=6');
  await drawn(page, 6);
  await page.getByLabel('Random erasing').fill('1');
  await page.getByRole('button', { name: 'Next image' }).click();
  await expect(page.getByText('building', { exact: false }).first()).toBeVisible();
  await draws(page).nth(4).click();
  await expect(page.getByRole('heading', { name: 'Draw 4, stage by stage' })).toBeVisible();
  const seen = await drawn(page, 6);
  expect(seen.every((text) => text?.includes('erased'))).toBe(true);
  const other = await context.newPage();
  await other.goto(page.url());
  expect(await drawn(other, 6)).toEqual(seen);
  await expect(other.getByRole('heading', { name: 'Draw 4, stage by stage' })).toBeVisible();
  await expect(other.getByLabel('Random erasing')).toHaveValue('1');
});

test('the link of an own image asks for the file and compares it', async ({ page, context }) => {
  await openFake(page, '', 'augment?n=6');
  await drawn(page, 6);
  await page.locator('#subject input[type=file]').setInputFiles(pictureFile('mine.png'));
  await expect.poll(() => query(page).get('file')).toMatch(/^[0-9a-f]{8}-\d+$/);
  const seen = await drawn(page, 6);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByText('This link is about somebody’s own image')).toBeVisible();
  const input = other.locator('#subject input[type=file]');
  const wrong = pictureFile('other.png');
  await input.setInputFiles({ ...wrong, buffer: Buffer.concat([wrong.buffer, Buffer.from([0])]) });
  await expect(other.getByText('is not the image of this link')).toBeVisible();
  expect(query(other).get('file')).toBe(query(page).get('file'));
  await input.setInputFiles(pictureFile('mine.png'));
  expect(await drawn(other, 6)).toEqual(seen);
  await expect(other.getByText('This link is about')).toBeHidden();
});

test('a file that is no picture is told so', async ({ page }) => {
  await openFake(page, '', 'augment?n=6');
  await drawn(page, 6);
  const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') };
  await page.locator('#subject input[type=file]').setInputFiles(file);
  await expect(page.getByRole('alert')).toContainText('is not a picture this browser can read');
});

test('keys move the magnitude, and the code says what is seen', async ({ page }) => {
  await openFake(page, '', 'augment?tab=operations');
  const bin = page.getByRole('slider', { name: 'Magnitude bin' });
  await bin.focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('heading', { name: 'Rotate 49.5°' })).toBeVisible();
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'negative' }).click();
  await expect(page.getByLabel('torchvision code')).toContainText('"Rotate", -135.0');
  expect(query(page).get('bin')).toBe('30');
  expect(query(page).get('sign')).toBe('-');
  await page.getByRole('button', { name: /^Posterize/ }).click();
  await expect(page.getByRole('heading', { name: 'Posterize 2 bits' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'negative' })).toBeDisabled();
  await page.getByRole('button', { name: 'Equalize' }).click();
  await expect(bin).toBeDisabled();
  // Solarize at its strongest turns white paper black: what is shown has been computed.
  await page.getByRole('button', { name: /^Solarize/ }).click();
  const colour = () =>
    page.getByRole('img', { name: /^After Solarize/ }).evaluate((canvas: HTMLCanvasElement) => {
      return canvas.getContext('2d')?.getImageData(0, 0, 1, 1).data[0] ?? -1;
    });
  const dark = await colour();
  await bin.focus();
  await page.keyboard.press('Home');
  await expect(page.getByRole('heading', { name: 'Solarize from 255 up' })).toBeVisible();
  await expect.poll(colour).toBe(255 - dark);
});

test('a wrong setting is told beside its field, and the pictures stay', async ({ page }) => {
  await openFake(page, '', 'augment?n=6');
  const seen = await drawn(page, 6);
  await page.getByLabel('Random erasing').fill('2');
  await expect(page.getByRole('alert')).toContainText('randomErase is 2, but must be');
  expect(await drawn(page, 6)).toEqual(seen);
});

test('a link with wrong parts says which', async ({ page }) => {
  await openFake(page, '', 'augment?n=6&bin=99&op=Blur');
  await expect(page.getByText('bin is “99”, but must be a whole number from 0 to 30.')).toBeVisible();
  await drawn(page, 6);
});

test('counts over many draws are near what is expected', async ({ page }) => {
  await openFake(page, '', 'augment?n=6');
  await page.getByRole('button', { name: '1,000', exact: true }).click();
  const row = page.locator('#draw-counts').getByRole('row', { name: /^Rotate/ });
  await expect(row).toContainText('71.4');
  const times = Number(await row.getByRole('cell').nth(-2).textContent());
  expect(times).toBeGreaterThan(35);
  expect(times).toBeLessThan(110);
});

test('training beside validation says how large objects appear', async ({ page }) => {
  await openFake(page, '', 'augment?tab=sizes');
  await expect(page.getByText(/here 1\.0\d times/)).toBeVisible();
  await page.getByLabel('Training size').fill('224');
  await expect(page.getByText(/here 1\.[23]\d times/)).toBeVisible();
});

test('the batch of a step is compared with what training recorded', async ({ page }) => {
  await openFake(page, 'runs=1', 'runs');
  await page.getByRole('link', { name: 'Look at a batch' }).click();
  await expect(page.getByTestId('batch-verdict')).toHaveAttribute('data-equal', 'true');
  const step = page.getByRole('spinbutton', { name: /^Step of/ });
  await step.fill('13');
  await step.press('Enter');
  await expect(page.getByTestId('batch-verdict')).toHaveAttribute('data-equal', 'false');
  await expect(page.getByTestId('batch-verdict')).toContainText('Not the bytes that trained');
  await expect(page.getByRole('list', { name: 'Images of the batch' }).getByRole('listitem')).toHaveCount(32);
});

test('the recipe being edited is what the link of the Train view shows', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByRole('link', { name: 'See the augmentation' }).click();
  await expect(page.getByLabel('Training size')).toHaveValue('64');
  await expect(page.getByRole('combobox', { name: 'Recipe' })).toHaveValue('quick-start');
  await drawn(page);
});
