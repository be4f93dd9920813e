/** One import makes an ordinary tfjs model train at least twice as fast in the browser, with the same losses. */
import { expect, test } from '@playwright/test';
import type { SequentialResult, SequentialSettings } from '../../../bench/page/sequential.ts';

type Bench = (settings: SequentialSettings) => Promise<SequentialResult>;

test('a tf.sequential model trains at least twice as fast with accelerate', async ({ page }) => {
  await page.goto('http://localhost:4174/test/browser/tfjs/sequential.html');
  await page.waitForFunction(() => 'benchSequential' in window);
  const result = await page.evaluate(
    (settings) => (window as unknown as { benchSequential: Bench }).benchSequential(settings),
    { batch: 16, epochs: 3 },
  );
  console.log(
    `adapter: ${result.adapter}; ${result.stock.ms.toFixed(0)} → ${result.accelerated.ms.toFixed(0)} ms an epoch, ${result.ratio.toFixed(1)} times faster; losses differ by ${result.lossDifference.toExponential(1)}`,
  );
  expect(result.lossDifference).toBeLessThan(1e-4);
  // It does learn: equal losses of a model that stands still would say nothing.
  expect(result.accelerated.losses.at(-1)).toBeLessThan((result.accelerated.losses[0] ?? NaN) - 0.05);
  expect(result.ratio).toBeGreaterThanOrEqual(2);
  expect(result.accelerated.tensorsLeft).toBe(result.stock.tensorsLeft);
});
