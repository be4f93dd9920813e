/**
 * npm run bench -- step | conv | memory | augment | sequential [--model resnet50] [--batch 8] [--size 64] [--steps 5]
 *                  [--with jax-js] [--node] [--json]
 *
 * In headless Chromium, or on Dawn in Node: what is measured and what it is measured against, in one run on one
 * adapter, alternating, medians.
 */
import { spawnSync } from 'node:child_process';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { findDawnEnvironment, findEnvironment } from '../scripts/environment/environment.ts';
import { MissingRequirement } from '../scripts/environment/missingRequirement.ts';
import { buildNodeBench } from './buildNode.ts';
import type { BenchResult } from './measure/benches.ts';
import type { SequentialResult } from './page/sequential.ts';
import { withPilPipeline } from './pilPipeline.ts';
import { BenchUsageError, parseCommand, type BenchCommand } from './request.ts';
import { tableOf } from './tables.ts';

type Request = BenchCommand['request'];

const args = process.argv.slice(2);
try {
  const { request, json, node } = parseCommand(args);
  const { variables, lines } = node ? findDawnEnvironment() : await findEnvironment();
  Object.assign(process.env, variables);
  if (!json) console.info(lines.join('\n'));
  if (node) {
    const { status } = spawnSync(process.execPath, [await buildNodeBench(), ...args], { stdio: 'inherit' });
    process.exit(status ?? 1);
  }
  const measured = await runInChromium(request, json);
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const result = measured.bench === 'augment' ? withPilPipeline(measured, report) : measured;
  console.log(json ? JSON.stringify(result) : tableOf(result));
  process.exit(0);
} catch (error) {
  const isForPeople = error instanceof BenchUsageError || error instanceof MissingRequirement;
  console.error(isForPeople ? error.message : error);
  process.exit(error instanceof BenchUsageError ? 2 : 1);
}

async function runInChromium(request: Request, quiet: boolean): Promise<BenchResult | SequentialResult> {
  const server = await createServer({ logLevel: 'error', server: { port: 0, hmr: false, watch: null } });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: JSON.parse(process.env.TABTRAIN_CHROMIUM_ARGS ?? '[]') as string[],
  });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (!quiet || message.type() === 'error') process.stderr.write(`${message.text()}\n`);
    });
    await page.goto(`${server.resolvedUrls?.local[0] ?? ''}bench/page/bench.html`);
    await page.waitForFunction(() => 'bench' in window);
    return await page.evaluate(
      (asked) => (window as unknown as { bench: (asked: Request) => Promise<BenchResult> }).bench(asked),
      request,
    );
  } finally {
    await browser.close();
    await server.close();
  }
}
