/**
 * npm run bench -- step [--model resnet50] [--batch 8] [--size 64] [--steps 5] [--json]
 *
 * In headless Chromium: what is measured and what it is measured against, in one run on one adapter,
 * alternating, medians.
 */
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { findEnvironment } from '../scripts/environment/environment.ts';
import type { ModelName } from '../src/recipe/recipe.ts';
import type { RunnerFigures, StepResult, StepSettings } from './page/step.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'resnet50' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '64' },
    steps: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

if (positionals[0] !== 'step') {
  process.stderr.write(
    'Usage: npm run bench -- step [--model NAME] [--batch N] [--size PX] [--steps N] [--json]\n',
  );
  process.exit(2);
}

const { variables, lines } = await findEnvironment();
Object.assign(process.env, variables);
if (!values.json) console.info(lines.join('\n'));
const server = await createServer({ logLevel: 'error', server: { port: 0 } });
await server.listen();
const address = server.resolvedUrls?.local[0];
if (address === undefined) throw new Error('The server of the benchmark’s page has no address.');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '',
  args: JSON.parse(process.env.TABTRAIN_CHROMIUM_ARGS ?? '[]') as string[],
});
const page = await browser.newPage();
page.on('pageerror', (error) => {
  throw error;
});
await page.goto(`${address}bench/page/bench.html`);
await page.waitForFunction(() => 'bench' in window);
const settings: StepSettings = {
  model: values.model as ModelName,
  batch: Number(values.batch),
  size: Number(values.size),
  steps: Number(values.steps),
};
const result = await page.evaluate(
  (asked) =>
    (window as unknown as { bench: { step: (settings: StepSettings) => Promise<StepResult> } }).bench.step(
      asked,
    ),
  settings,
);
await browser.close();
await server.close();

if (values.json) console.log(JSON.stringify(result));
else printStep(result);
process.exit(0);

function printStep({ adapter, model, batch, size, ours, tfjs, ratio }: StepResult): void {
  const row = (name: string, figures: RunnerFigures) =>
    `| ${name} | ${figures.ms.toFixed(0)} | ${(figures.firstStepMs / 1000).toFixed(1)} | ${String(figures.dispatches)} | ${mebibytes(figures.gpuBytes)} | ${mebibytes(figures.workspaceBytes)} | ${figures.loss.toFixed(5)} |`;
  console.log(
    [
      `${model}, batch ${String(batch)} at ${String(size)} px, on ${adapter}`,
      '',
      '| | ms a step | first step, s | dispatches | GPU MiB | of these workspace | first loss |',
      '|---|---|---|---|---|---|---|',
      row('Tabtrain', ours),
      row('plain tfjs', tfjs),
      '',
      `${ratio.toFixed(1)} times faster`,
    ].join('\n'),
  );
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
