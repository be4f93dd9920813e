/**
 * npm run bench -- step [--model resnet50] [--batch 8] [--size 64] [--steps 5] [--json]
 * npm run bench -- conv [--model resnet50] [--batch 8] [--size 64] [--steps 5] [--with jax-js] [--json]
 * npm run bench -- sequential [--batch 8] [--steps 5] [--json]
 *
 * In headless Chromium: what is measured and what it is measured against, in one run on one adapter,
 * alternating, medians.
 */
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { createServer } from 'vite';
import { findEnvironment } from '../scripts/environment/environment.ts';
import { modelNames, type ModelName } from '../src/recipe/recipe.ts';
import type { ConvResult, ConvSettings } from './page/conv.ts';
import { sequentialTable, type SequentialResult, type SequentialSettings } from './page/sequential.ts';
import type { StepResult, StepSettings } from './page/step.ts';
import { convTable, stepTable } from './tables.ts';

/** What bench/page/bench.html offers. */
interface Benches {
  step: (settings: StepSettings) => Promise<StepResult>;
  conv: (settings: ConvSettings) => Promise<ConvResult>;
  sequential: (settings: SequentialSettings) => Promise<SequentialResult>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'resnet50' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '64' },
    steps: { type: 'string', default: '5' },
    with: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const model = modelNames.find((known) => known === values.model);
if ((name !== 'step' && name !== 'conv' && name !== 'sequential') || model === undefined) {
  process.stderr.write(
    `Usage: npm run bench -- step | conv | sequential [--model NAME] [--batch N] [--size PX] [--steps N] [--with jax-js (conv)] [--json]\nModels: ${modelNames.join(', ')}\n`,
  );
  process.exit(2);
}

const { variables, lines } = await findEnvironment();
Object.assign(process.env, variables);
if (!values.json) console.info(lines.join('\n'));
const server = await createServer({ logLevel: 'error', server: { port: 0, hmr: false, watch: null } });
await server.listen();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '',
  args: JSON.parse(process.env.TABTRAIN_CHROMIUM_ARGS ?? '[]') as string[],
});
const page = await browser.newPage();
page.on('console', (message) => {
  if (!values.json || message.type() === 'error') process.stderr.write(`${message.text()}\n`);
});
await page.goto(`${server.resolvedUrls?.local[0] ?? ''}bench/page/bench.html`);
await page.waitForFunction(() => 'bench' in window);
const output = await run(page, name, model);
await browser.close();
await server.close();
console.log(output);
process.exit(0);

async function run(opened: Page, bench: keyof Benches, chosen: ModelName): Promise<string> {
  const shared = { model: chosen, batch: Number(values.batch), size: Number(values.size) };
  if (bench === 'step') {
    const settings: StepSettings = { ...shared, steps: Number(values.steps) };
    const result = await opened.evaluate(
      (asked) => (window as unknown as { bench: Benches }).bench.step(asked),
      settings,
    );
    return values.json ? JSON.stringify(result) : stepTable(result);
  }
  if (bench === 'sequential') {
    const settings: SequentialSettings = { batch: shared.batch, epochs: Number(values.steps) };
    const result = await opened.evaluate(
      (asked) => (window as unknown as { bench: Benches }).bench.sequential(asked),
      settings,
    );
    return values.json ? JSON.stringify(result) : sequentialTable(result);
  }
  const settings: ConvSettings = {
    ...shared,
    rounds: Number(values.steps),
    withJax: values.with === 'jax-js',
  };
  const result = await opened.evaluate(
    (asked) => (window as unknown as { bench: Benches }).bench.conv(asked),
    settings,
  );
  return values.json ? JSON.stringify(result) : convTable(result);
}
