/** The built page as a person has it: a profile that lasts, real workers, the machine's adapter. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chromium,
  expect,
  test as base,
  type BrowserContext,
  type Download,
  type LaunchOptions,
  type Page,
  type ViewportSize,
} from '@playwright/test';
import type { RunHistory } from '../../../src/protocol.ts';
import type { Recipe } from '../../../src/recipe/recipe.ts';
import { patience } from '../../support/patience.ts';

interface People {
  /** The page in a Chromium whose profile is this test's own, empty at first, and outlives a closed tab. */
  newcomer: BrowserContext;
  /** Likewise, for somebody who has been here: the demo set is imported, and the browser has its shader cache. */
  person: BrowserContext;
}

export const test = base.extend<People, { visitedProfile: string }>({
  newcomer: async ({ launchOptions, viewport }, use, testInfo) => {
    const context = await openProfile(testInfo.outputPath('profile'), launchOptions, viewport);
    await use(context);
    await context.close();
  },
  person: async ({ launchOptions, viewport, visitedProfile }, use, testInfo) => {
    const own = testInfo.outputPath('profile');
    cpSync(visitedProfile, own, { recursive: true });
    const context = await openProfile(own, launchOptions, viewport);
    await use(context);
    await context.close();
  },
  visitedProfile: [
    async ({ launchOptions }, use, { project }) => {
      const folder = mkdtempSync(join(tmpdir(), 'tabtrain-profile-'));
      const context = await openProfile(folder, launchOptions, null);
      const page = await openPage(context, project.use.baseURL ?? '');
      await expect(page.getByRole('region', { name: 'Data' })).toContainText('13 classes', {
        timeout: patience(60_000),
      });
      await context.close();
      await use(folder);
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker', timeout: patience(120_000) },
  ],
});

async function openProfile(
  folder: string,
  options: LaunchOptions,
  viewport: ViewportSize | null,
): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(folder, { ...options, viewport, acceptDownloads: true });
}

/** Opens the page; fails the test on errors nobody caught. */
export async function openPage(person: BrowserContext, address: string): Promise<Page> {
  const page = await person.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(address);
  await expect(page.getByRole('heading', { name: 'Tabtrain' })).toBeVisible();
  return page;
}

/** Sets fields of the recipe by their names, wherever they are folded away. */
export async function setRecipe(page: Page, fields: Partial<Recipe>): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  for (const [name, value] of Object.entries(fields)) {
    const control = page.locator(`#field-${name}`);
    const tag = await control.evaluate((element) => element.tagName);
    if (typeof value === 'boolean') await control.setChecked(value);
    else if (tag === 'SELECT') await control.selectOption(String(value));
    else await control.fill(String(value));
  }
}

export async function stepShown(page: Page): Promise<number> {
  const text = await page.getByTestId('step').textContent();
  return Number((text ?? '').replaceAll(',', '')) || 0;
}

/** Waits until at least this many steps are shown. */
export async function untilStep(page: Page, step: number, timeoutMs: number): Promise<void> {
  await expect.poll(() => stepShown(page), { timeout: timeoutMs }).toBeGreaterThanOrEqual(step);
}

/** The curves of the newest run, as they are stored. */
export async function storedHistory(page: Page): Promise<RunHistory> {
  return await page.evaluate(async () => {
    const request = <T>(pending: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        pending.onsuccess = () => resolve(pending.result);
        pending.onerror = () => reject(new Error(pending.error?.message));
      });
    const database = await request(indexedDB.open('tabtrain-runs'));
    const transaction = database.transaction(['runs', 'histories']);
    const runs = (await request(transaction.objectStore('runs').getAll())) as {
      record: { id: string; createdAtMs: number };
    }[];
    const newest = runs.sort((a, b) => b.record.createdAtMs - a.record.createdAtMs)[0];
    const history = (await request(
      transaction.objectStore('histories').get(newest?.record.id ?? ''),
    )) as RunHistory;
    database.close();
    return history;
  });
}

/** Saves the run's weights by the page's button and returns the file. */
export async function saveWeights(page: Page, kind: 'raw' | 'EMA'): Promise<{ bytes: Buffer; name: string }> {
  const downloading: Promise<Download> = page.waitForEvent('download', { timeout: patience(120_000) });
  await page.getByRole('button', { name: `Save the ${kind} weights` }).click();
  const download = await downloading;
  return { bytes: await readFile(await download.path()), name: download.suggestedFilename() };
}
