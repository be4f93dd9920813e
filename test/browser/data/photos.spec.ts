import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { PhotosReport } from './photosWorker.ts';
import { patience } from '../../support/patience.ts';

interface ExpectedPhoto {
  width: number;
  height: number;
  rgb: string;
  /** CMYK only: what Chromium makes of it, where Pillow rounds. */
  rgbTruncated?: string;
}

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/photos/expected.json', import.meta.url), 'utf8'),
) as Record<string, ExpectedPhoto>;
const fixtureServer = 'http://localhost:4174';

/** How many bytes differ, and by how much at most. */
function difference(actual: string, wanted: string): { bytes: number; largest: number } {
  const left = Buffer.from(actual, 'base64');
  const right = Buffer.from(wanted, 'base64');
  let bytes = 0;
  let largest = 0;
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const distance = Math.abs((left[at] ?? 1000) - (right[at] ?? 1000));
    if (distance > 0) bytes++;
    largest = Math.max(largest, distance);
  }
  return { bytes, largest };
}

test('photos decode to the bytes Pillow reads, through import, storage, decoder workers and WebGPU', async ({
  page,
}) => {
  const names = Object.keys(expected);
  const query = new URLSearchParams(names.map((name) => ['file', name]));
  await page.goto(`${fixtureServer}/test/browser/data/photos.html?${query.toString()}`);
  const result = page.locator('#result');
  await expect(result).not.toBeEmpty({ timeout: patience(60_000) });
  const report = JSON.parse((await result.textContent()) ?? '') as PhotosReport;
  expect(report.error).toBeUndefined();
  expect(report.problems).toEqual([]);

  const rows = names.map((name) => {
    const wanted = expected[name];
    const actual = report.photos[name];
    if (wanted === undefined || actual === undefined)
      return { name, size: 'missing', bytes: -1, largest: -1 };
    const sameSize = actual.width === wanted.width && actual.height === wanted.height;
    return {
      name,
      size: sameSize ? 'same' : `${String(actual.width)}×${String(actual.height)}`,
      ...difference(actual.rgb, wanted.rgbTruncated ?? wanted.rgb),
    };
  });
  console.table(rows);
  for (const row of rows)
    expect(row, row.name).toEqual({ name: row.name, size: 'same', bytes: 0, largest: 0 });
});
