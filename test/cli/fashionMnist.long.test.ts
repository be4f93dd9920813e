/**
 * Fashion-MNIST on Dawn in Node, by the command a person types: 6,000 images seen, 1,000 to validate. The same
 * run as test/browser/person/fashionMnist.long.spec.ts has in Chromium. Needs Debian's dataset-fashion-mnist,
 * or its four files in the folder FASHION_MNIST names.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { RunHistory } from '../../src/protocol.ts';

const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';
const results = 'build/test-reports/fashion-mnist-node';

it('reaches 65 % after 6,000 images', async () => {
  const out = await mkdtemp(join(tmpdir(), 'tabtrain-'));
  const settings = [
    ...['epochs=5', 'worldSize=1', 'batchSize=32', 'lr=0.01', 'lrScheduler=cosineannealinglr'],
    ...['trainCropSize=32', 'valResizeSize=36', 'valCropSize=32'],
  ];
  const command = ['run', 'tabtrain', '--', 'train', '--data', folder, '--model', 'resnet18'];
  const options = ['--recipe', 'baseline', '--limit', '1200', '--json', '--out', out];
  await promisify(execFile)(
    'npm',
    [...command, ...options, ...settings.flatMap((setting) => ['--set', setting])],
    { maxBuffer: 64 * 1024 * 1024 },
  );

  await mkdir(results, { recursive: true });
  await cp(join(out, 'metrics.json'), `${results}/metrics.json`);
  const { adapter, evaluations } = JSON.parse(
    await readFile(join(out, 'metrics.json'), 'utf8'),
  ) as RunHistory & {
    adapter: string;
  };
  console.info(`${adapter}: ${evaluations.map(({ top1 }) => top1.toFixed(3)).join(', ')}`);
  expect(evaluations.at(-1)?.imagesSeen).toBe(6000);
  expect(evaluations.at(-1)?.top1).toBeGreaterThanOrEqual(0.65);
});
