/** npm run bundle [-- --out FILE]: see bundle.ts. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultBundlePath, writeBundle } from './bundle.ts';

const { values } = parseArgs({ options: { out: { type: 'string', default: defaultBundlePath } } });
const out = resolve(values.out);
await writeBundle(out);
console.info(`${out}: ${(statSync(out).size / 2 ** 20).toFixed(1)} MiB`);
