import { expect, test, type Page } from '@playwright/test';

const fixturePage = 'http://localhost:4174/test/browser/data/importer.html';

async function open(page: Page): Promise<void> {
  await page.goto(fixturePage);
  await page.waitForFunction(() => globalThis.importerFixture !== undefined);
}

/** The message that a call in the page rejects with. */
async function rejection(page: Page, work: () => Promise<unknown>): Promise<string> {
  return await page.evaluate(
    `(${work.toString()})().then(() => 'resolved', (error) => error.name + ': ' + error.message)`,
  );
}

const goodFiles: [string, string][] = ['red', 'green', 'blue'].flatMap((colour): [string, string][] => [
  [`set/a/${colour}.png`, `small:${colour}`],
  [`set/b/${colour}.png`, `small:${colour}`],
]);

test('the demo set is imported in seconds, once, and shows its images', async ({ page }) => {
  await open(page);
  const first = await page.evaluate(() => globalThis.importerFixture?.importDemo());
  if (first === undefined) throw new Error('the fixture page did not load');
  const { dataset, problems } = first.result;
  console.log(`demo set: ${String(dataset.bytes)} bytes in ${first.elapsedMs.toFixed(0)} ms`);
  expect(problems).toEqual([]);
  expect(dataset).toMatchObject({ id: 'demo-emoji', maxEdgePx: 96 });
  expect(dataset.classes).toHaveLength(13);
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  const total = sum(dataset.trainPerClass) + sum(dataset.validationPerClass);
  expect(total).toBeGreaterThan(3000);
  expect(first.elapsedMs).toBeLessThan(30_000);
  expect(first.progress.at(-1)).toMatchObject({ phase: 'storing', done: 1, total: 1 });
  expect(first.progress.some(({ phase, done }) => phase === 'reading' && done === total)).toBe(true);
  // The page is told often enough to move, and not for each of the images.
  expect(first.progress.length).toBeGreaterThan(5);
  expect(first.progress.length).toBeLessThan(total / 2);

  const again = await page.evaluate(() => globalThis.importerFixture?.importDemo());
  expect(again?.result.dataset).toEqual(dataset);
  expect(again?.progress).toEqual([]);
  const images = await page.evaluate(() => globalThis.importerFixture?.sampleSizes('demo-emoji', 13));
  expect(images).toEqual(dataset.classes.map((_, label) => ({ label, type: 'image/webp', size: '96×96' })));
});

test('good images of a mixed folder are imported, the others listed by name with what to do', async ({
  page,
}) => {
  await open(page);
  const files: [string, string][] = [
    ...goodFiles,
    ['set/a/cut.jpg', 'truncated'],
    ['set/a/IMG_0001.HEIC', 'heic'],
    ['set/a/notes.txt', 'text'],
    ['set/a/renamed.jpg', 'text'],
    ['set/a/empty.png', 'empty'],
    ['set/.DS_Store', 'text'],
    ['set/b/one-pixel.png', 'photo:one-pixel.png'],
    ['set/b/grey.jpg', 'photo:grey.jpg'],
    ['set/b/cmyk.jpg', 'photo:cmyk.jpg'],
    ['set/b/transparent.png', 'photo:alpha.png'],
    ['set/c/animated.gif', 'photo:animated.gif'],
  ];
  const result = await page.evaluate((made) => globalThis.importerFixture?.importMade(made), files);
  expect(result?.dataset).toMatchObject({
    classes: ['a', 'b', 'c'],
    trainPerClass: [2, 5, 1],
    validationPerClass: [1, 2, 0],
  });
  expect(Object.fromEntries((result?.problems ?? []).map(({ path, message }) => [path, message]))).toEqual({
    'set/a/cut.jpg': 'is truncated: its end is missing. Copy or download it again.',
    'set/a/IMG_0001.HEIC': 'is HEIC, which this browser cannot decode: export it as JPEG.',
    'set/a/notes.txt': 'is a text file or document, not an image.',
    'set/a/renamed.jpg': 'is a text file, not an image.',
    'set/a/empty.png': 'is empty (0 bytes).',
    c: 'This class has only one image, used for training, and none to validate with. Add more images of it.',
  });
});

test('large images are stored with the chosen edge, opaque as JPEG, transparent as PNG', async ({ page }) => {
  await open(page);
  const images = await page.evaluate(async () => {
    const result = await globalThis.importerFixture?.importMade(
      [
        ['a/wide.jpg', 'large'],
        ['a/wide2.jpg', 'large'],
        ['b/tall.png', 'large-transparent'],
        ['b/tall2.png', 'large-transparent'],
      ],
      { maxEdgePx: 90, validationFraction: 0.5 },
    );
    return await globalThis.importerFixture?.sampleSizes(result?.dataset.id ?? '', 2);
  });
  expect(images).toEqual([
    { label: 0, type: 'image/jpeg', size: '90×30' },
    { label: 1, type: 'image/png', size: '30×90' },
  ]);
});

test('errors that end an import arrive as messages to show', async ({ page }) => {
  await open(page);
  expect(await rejection(page, async () => globalThis.importerFixture?.importMade([]))).toContain(
    'ImportError: The folder is empty',
  );
  expect(
    await rejection(page, async () =>
      globalThis.importerFixture?.importMade([
        ['a/1.txt', 'text'],
        ['b/1.txt', 'text'],
      ]),
    ),
  ).toContain('There are no images here, only text files');
  expect(
    await rejection(page, async () => globalThis.importerFixture?.importer.sampleImages('gone', 'train', 3)),
  ).toContain('StorageError: The data set "gone" is not stored here');
});

test('where storage is refused, the message says so and what to do', async ({ page }) => {
  await open(page);
  const message = await rejection(page, async () => globalThis.importerFixture?.refused.listDatasets());
  expect(message).toContain('StorageError: The browser refuses to store data for this page');
  expect(message).toContain('Open the page in a normal window');
});

test('a full disk ends the import with nothing left behind, and storing works again afterwards', async ({
  page,
  context,
}) => {
  await open(page);
  const devtools = await context.newCDPSession(page);
  const origin = new URL(fixturePage).origin;
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
  const message = await rejection(page, async () => globalThis.importerFixture?.importDemo());
  expect(message).toContain('StorageError: Storage is full');
  const empty = { imports: 0, indexes: 0, shards: 0, summaries: 0 };
  expect(await page.evaluate(() => globalThis.importerFixture?.countRecords())).toEqual(empty);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  const result = await page.evaluate((made) => globalThis.importerFixture?.importMade(made), goodFiles);
  expect(result?.dataset.trainPerClass).toEqual([2, 2]);
});

test('an import that is cancelled, or whose tab closes, leaves nothing', async ({ page, context }) => {
  await open(page);
  const message = await rejection(page, async () => {
    const importing = globalThis.importerFixture?.importDemo();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await globalThis.importerFixture?.importer.cancel();
    await importing;
  });
  expect(message).toBe('AbortError: The import was cancelled. Nothing was stored.');
  expect(await page.evaluate(() => globalThis.importerFixture?.importer.listDatasets())).toEqual([]);

  await page.evaluate(() => globalThis.importerFixture?.beginDemo());
  expect((await page.evaluate(() => globalThis.importerFixture?.countRecords()))?.imports).toBe(1);
  // Another tab must not take the running import for a leftover.
  const other = await context.newPage();
  await open(other);
  expect(await other.evaluate(() => globalThis.importerFixture?.importer.listDatasets())).toEqual([]);
  expect((await other.evaluate(() => globalThis.importerFixture?.countRecords()))?.imports).toBe(1);
  await page.close();
  await expect
    .poll(async () => {
      await open(other);
      await other.evaluate(() => globalThis.importerFixture?.importer.listDatasets());
      return await other.evaluate(() => globalThis.importerFixture?.countRecords());
    })
    .toEqual({ imports: 0, indexes: 0, shards: 0, summaries: 0 });
});
