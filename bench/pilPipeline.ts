/** torchvision's PIL pipeline on one core of this machine, where it is installed. */
import { spawnSync } from 'node:child_process';
import type { AugmentResult } from './measure/augment.ts';

const script = new URL('../scripts/bench/pil_pipeline.py', import.meta.url).pathname;

/** The result with PIL's images per second, or with null where Debian's python3-torchvision is not there. */
export function withPilPipeline(result: AugmentResult, report: (line: string) => void): AugmentResult {
  const python = '/usr/bin/python3';
  const environment = { env: { ...process.env, OMP_NUM_THREADS: '1' }, encoding: 'utf8' } as const;
  const found = spawnSync(python, ['-c', 'import torchvision'], environment);
  if (found.status !== 0) {
    report(`PIL is not measured: ${python} has no torchvision (apt-get install python3-torchvision).`);
    return result;
  }
  const { batch, size, imagesPerSecond } = result;
  const { status, stdout, stderr } = spawnSync(python, [script, String(batch), String(size)], environment);
  const pilImagesPerSecond = Number(stdout);
  if (status !== 0 || !(pilImagesPerSecond > 0)) throw new Error(`${script} failed:\n${stderr}`);
  return { ...result, pilImagesPerSecond, ratio: imagesPerSecond / pilImagesPerSecond };
}
