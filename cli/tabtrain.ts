/**
 * The trainer in Node, on Dawn: `npm run tabtrain -- train --data FOLDER_OR_IDX --recipe baseline --out DIR`.
 * It only composes src/; what it prints with --json are the trainer's events, one a line.
 */
import { parseArgs } from 'node:util';
import { augment, augmentUsage } from './augment.ts';
import { trainLadder } from './ladder.ts';
import { printPlan } from './plan.ts';
import { printSampler } from './sampler.ts';
import { train } from './train.ts';

const usage = `Usage:
  npm run tabtrain -- train --data PATH [options]

  --data PATH        a folder with one subfolder a class (also train/ and val/ above that), a .zip of one,
                     or a folder of IDX files (plain or .gz)
  --recipe NAME      baseline | reference | quick-start | a rung of the ladder | a recipe's .json file
                     (default quick-start)
  --model NAME       resnet18 | resnet34 | resnet50 | resnet101 | resnet152
  --set NAME=VALUE   a field of the recipe; may be repeated
  --limit N          train on N images, the same share of each class; validate on at most 1,000
  --weights FILE     start from a .safetensors file with torchvision's names
  --freeze STAGES    stages to leave as they are, separated by commas: stem,layer1,layer2,layer3,layer4
  --runner NAME      engine (compiled) | engine-f16 (activations in 16-bit floats) | tfjs (plain tfjs operations)
  --out DIR          where weights.safetensors, weights-ema.safetensors and metrics.json go
  --json             print events as JSON, one object a line

  npm run tabtrain -- ladder --data PATH --out DIR [--rungs NAMES] [--scale NAME=VALUE] [--runner NAME] [--json]

  Trains rungs of torchvision's ladder one after the other: ladder.md and ladder.json in DIR, and a folder a rung.
  --rungs NAMES      all, or names separated by commas   (default baseline,mixup,reference)
  --scale NAME=VALUE model, basePx, epochsShort, epochsLong, worldSize, batchSize, limit, trainScaleMin or seed;
                     may be repeated

  npm run tabtrain -- plan [--model resnet50] [--batch 32] [--size 176] [--classes 1000] [--storage f32|f16] [--json]

  Every dispatch of the compiled training step with its arithmetic and bytes, and what it needs of the GPU.

  npm run tabtrain -- sampler --n N [--ranks 1] [--reps 1] [--epoch 0] [--no-truncate] [--json]

  Which of N images each rank sees in an epoch, index for index as torchvision: torch's DistributedSampler, or
  with --reps over 1 repeated augmentation's RASampler, which keeps whole multiples of 256 images unless told to
  keep all.
${augmentUsage}`;

// Its options are its own.
if (process.argv[2] === 'augment' && !process.argv.includes('--help')) {
  process.exit(await augment(process.argv.slice(3)));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    recipe: { type: 'string', default: 'quick-start' },
    model: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string' },
    weights: { type: 'string' },
    freeze: { type: 'string', default: '' },
    runner: { type: 'string', default: 'engine' },
    out: { type: 'string' },
    batch: { type: 'string', default: '32' },
    size: { type: 'string', default: '176' },
    classes: { type: 'string', default: '1000' },
    storage: { type: 'string', default: 'f32' },
    n: { type: 'string' },
    ranks: { type: 'string', default: '1' },
    reps: { type: 'string', default: '1' },
    epoch: { type: 'string', default: '0' },
    'no-truncate': { type: 'boolean', default: false },
    rungs: { type: 'string', default: 'baseline,mixup,reference' },
    scale: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const command = positionals[0];
const isComplete =
  command === 'plan' ||
  (command === 'sampler' && values.n !== undefined) ||
  (command === 'train' && values.data !== undefined) ||
  (command === 'ladder' && values.data !== undefined && values.out !== undefined);
if (values.help || !isComplete) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

try {
  if (command === 'plan') {
    const { model = 'resnet50', batch, size, classes, storage, json } = values;
    printPlan({ model, batch, size, classes, storage, json });
  } else if (command === 'sampler') {
    await printSampler(values);
  } else if (command === 'ladder') {
    await trainLadder({ ...values, data: values.data ?? '', out: values.out ?? '' });
  } else {
    await train({ ...values, data: values.data ?? '' });
  }
  // Dawn keeps the process alive.
  process.exit(0);
} catch (error) {
  process.stderr.write(`tabtrain: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
