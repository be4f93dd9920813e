/** The benchmarks on Dawn in Node: built into one file, by bench/run.ts for --node and by scripts/bundle. */
import { dawn } from '../cli/dawn.ts';
import { NoDeviceError } from '../src/engine/device.ts';
import { runBench } from './measure/benches.ts';
import { BenchUsageError, parseCommand } from './request.ts';
import { tableOf } from './tables.ts';

const noAdapter =
  'WebGPU in Node (Dawn) finds no adapter: install a Vulkan driver, or name the JSON file of one in VK_DRIVER_FILES.';

dawn();
let status = 0;
try {
  const { request, json } = parseCommand(process.argv.slice(2));
  if (request.bench === 'sequential')
    throw new BenchUsageError('sequential needs a page: run it without Node’s bundle.');
  const result = await runBench(request, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${json ? JSON.stringify(result) : tableOf(result)}\n`);
} catch (error) {
  status = error instanceof BenchUsageError ? 2 : 1;
  if (error instanceof BenchUsageError) console.error(error.message);
  else if (error instanceof NoDeviceError) console.error(noAdapter);
  else console.error(error);
}
// Dawn keeps the process alive.
process.exit(status);
