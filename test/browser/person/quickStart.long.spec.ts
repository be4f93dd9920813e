/**
 * The quick-start preset on the demo set, as a person would run it on a machine without a GPU: at 32 px, then a
 * second run from the first one's weights with two stages frozen; and as it is, at 64 px.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from '@playwright/test';
import { readSafetensors, type SafetensorsFile } from '../../../src/exchange/safetensors.ts';
import { openPage, saveWeights, setRecipe, storedHistory, test } from './support.ts';
import { patience } from '../../support/patience.ts';

const results = 'build/test-reports/quick-start';
const fullSizeResults = 'build/test-reports/quick-start-64';

test('quick-start learns the unseen style, and fine-tuning passes it at half the images', async ({
  newcomer,
  baseURL,
}) => {
  test.setTimeout(patience(7_200_000));
  await mkdir(results, { recursive: true });
  const page = await openPage(newcomer, baseURL ?? '');
  await page.setViewportSize({ width: 1440, height: 1000 });
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('13 classes', {
    timeout: patience(60_000),
  });
  await setRecipe(page, { trainCropSize: 32, valResizeSize: 36, valCropSize: 32 });
  const pressedMs = Date.now();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).toHaveText(/\d/, { timeout: patience(300_000) });
  const firstLossSeconds = (Date.now() - pressedMs) / 1000;
  console.info(`first loss on screen after ${firstLossSeconds.toFixed(1)} s`);
  await writeFile(`${results}/first-loss.json`, JSON.stringify({ firstLossSeconds }));

  // Three epochs are 7,758 images.
  await expect(page.getByTestId('epoch')).toHaveText(/^4/, { timeout: patience(5_400_000) });
  await page.screenshot({ path: `${results}/desktop.png` });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: `${results}/desktop-dark.png` });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('run-status')).toContainText('stopped', { timeout: patience(300_000) });
  const first = await storedHistory(page);
  await writeFile(`${results}/history.json`, JSON.stringify(first));
  const reached = first.evaluations.filter(({ imagesSeen }) => imagesSeen <= 8000).at(-1);
  console.info(
    `after ${String(reached?.imagesSeen)} images: top-1 ${String(reached?.top1)}, EMA ${String(reached?.emaTop1)}`,
  );
  expect(Math.max(reached?.top1 ?? 0, reached?.emaTop1 ?? 0)).toBeGreaterThanOrEqual(0.33);

  const start = await saveWeights(page, 'EMA');
  const startFile = await readSafetensors(new Blob([new Uint8Array(start.bytes)]));
  await page.getByLabel('Start from').selectOption('file');
  await page
    .locator('#model input[type=file]')
    .setInputFiles({ name: start.name, mimeType: 'application/octet-stream', buffer: start.bytes });
  await expect(page.getByText(/13 classes, 122 tensors/)).toBeVisible({ timeout: patience(60_000) });
  await page.getByLabel('Keep frozen').selectOption('2');
  // One epoch is 2,586 images, a third of what the first run saw.
  await setRecipe(page, { epochs: 1 });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('run-status')).toContainText('finished', { timeout: patience(3_600_000) });
  const second = await storedHistory(page);
  await writeFile(`${results}/fine-tuned-history.json`, JSON.stringify(second));
  const tuned = second.evaluations.at(-1);
  console.info(
    `fine-tuned, ${String(tuned?.imagesSeen)} images: top-1 ${String(tuned?.top1)}, EMA ${String(tuned?.emaTop1)}`,
  );
  expect(tuned?.imagesSeen).toBeLessThanOrEqual((reached?.imagesSeen ?? 0) / 2);
  const best = (evaluation: typeof tuned) => Math.max(evaluation?.top1 ?? 0, evaluation?.emaTop1 ?? 0);
  expect(best(tuned)).toBeGreaterThan(best(reached));

  for (const kind of ['raw', 'EMA'] as const) {
    const saved = await saveWeights(page, kind);
    const tunedFile = await readSafetensors(new Blob([new Uint8Array(saved.bytes)]));
    const changed = await changedTensors(startFile, tunedFile);
    expect(changed.filter((name) => /^(conv1|bn1|layer1)\b/.test(name))).toEqual([]);
    expect(changed).toContain('layer2.0.conv1.weight');
    expect(changed).toContain('fc.weight');
  }
});

test('quick-start as it is: 40 % on the unseen style in 12 minutes', async ({ newcomer, baseURL }) => {
  test.setTimeout(patience(3_600_000));
  await mkdir(fullSizeResults, { recursive: true });
  const page = await openPage(newcomer, baseURL ?? '');
  await page.setViewportSize({ width: 1440, height: 1000 });
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('13 classes', {
    timeout: patience(60_000),
  });
  await expect(page.getByTestId('estimate')).toContainText(/min|h/, { timeout: patience(60_000) });
  console.info(`estimated: ${String(await page.getByTestId('estimate').textContent())}`);
  const pressedMs = Date.now();
  const secondsSince = () => (Date.now() - pressedMs) / 1000;
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByTestId('step')).toHaveText(/\d/, { timeout: patience(300_000) });
  const firstLossSeconds = secondsSince();
  await expect(page.getByTestId('epoch')).toHaveText(/^4/, { timeout: patience(3_000_000) });
  const seconds = secondsSince();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${fullSizeResults}/desktop-${colorScheme}.png` });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: `${fullSizeResults}/phone-${colorScheme}.png`, fullPage: true });
    await page.setViewportSize({ width: 1440, height: 1000 });
  }
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('run-status')).toContainText('stopped', { timeout: patience(300_000) });
  const history = await storedHistory(page);
  await writeFile(
    `${fullSizeResults}/history.json`,
    JSON.stringify({ firstLossSeconds, seconds, ...history }),
  );
  const reached = history.evaluations.filter(({ imagesSeen }) => imagesSeen <= 8000).at(-1);
  console.info(
    `64 px: first loss after ${firstLossSeconds.toFixed(1)} s, ${String(reached?.imagesSeen)} images in ` +
      `${(seconds / 60).toFixed(1)} min, top-1 ${String(reached?.top1)}, EMA ${String(reached?.emaTop1)}`,
  );
  expect(firstLossSeconds).toBeLessThan(15);
  expect(seconds).toBeLessThan(12 * 60);
  expect(Math.max(reached?.top1 ?? 0, reached?.emaTop1 ?? 0)).toBeGreaterThanOrEqual(0.4);
});

async function changedTensors(before: SafetensorsFile, after: SafetensorsFile): Promise<string[]> {
  const changed: string[] = [];
  for (const name of before.tensors.keys()) {
    const [a, b] = [await before.readFloat32(name), await after.readFloat32(name)];
    if (Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) !== 0) changed.push(name);
  }
  return changed;
}
