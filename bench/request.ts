/** The command line of the benchmarks, here and in the bundle. */
import { parseArgs } from 'node:util';
import { modelNames } from '../src/recipe/recipe.ts';
import type { BenchRequest } from './measure/benches.ts';
import type { SequentialSettings } from './page/sequential.ts';

/** Needs workers, so a page. */
export type PageRequest = { bench: 'sequential' } & SequentialSettings;

export interface BenchCommand {
  request: BenchRequest | PageRequest;
  /** One JSON object on standard output instead of tables. */
  json: boolean;
  /** On Dawn in Node instead of in Chromium. */
  node: boolean;
}

/** The command line cannot be understood; the message says what to write. */
export class BenchUsageError extends Error {
  override readonly name = 'BenchUsageError';
}

const usage = `Usage: step | conv | memory | augment | sequential [--model NAME] [--batch N] [--size PX] [--steps N] [--with jax-js] [--node] [--json]
  step     a training step beside plain tfjs's, with --with jax-js beside jax-js's too
  conv     every convolution of the model, likewise
  memory   GPU bytes of a step by part, beside plain tfjs's
  augment  images a second of the reference recipe's augmentation beside torchvision's on one core (not with --node), and its share of a step
  sequential  model.fit of a tf.sequential model with and without src/tfjs/accelerate.ts; not with --node
  --steps  timed rounds of step, conv, augment's step and sequential; the median counts (5; augment 1)
  --node   on Dawn in Node instead of in Chromium
Models: ${modelNames.join(', ')}; resnet50, batch 8 and 64 px where not given, batch 32 and 176 px for augment.`;

const usualDefaults = { batch: '8', size: '64', steps: '5' };
/** What the reference recipe trains with; such a step takes long without a GPU. */
const augmentDefaults = { batch: '32', size: '176', steps: '1' };

/** @throws BenchUsageError */
export function parseCommand(args: readonly string[]): BenchCommand {
  const { values, positionals } = parse(args);
  const [bench, ...rest] = positionals;
  const model = modelNames.find((known) => known === values.model);
  if (model === undefined) throw new BenchUsageError(`--model ${values.model} is not known.\n${usage}`);
  if (rest.length > 0) throw new BenchUsageError(`One benchmark at a time.\n${usage}`);
  if (values.with !== undefined && values.with !== 'jax-js') {
    throw new BenchUsageError(`--with ${values.with}: only jax-js can be had.\n${usage}`);
  }
  const withJax = values.with === 'jax-js';
  const defaults = bench === 'augment' ? augmentDefaults : usualDefaults;
  const shared = {
    model,
    batch: parseCount('--batch', values.batch ?? defaults.batch),
    size: parseCount('--size', values.size ?? defaults.size),
  };
  const rounds = parseCount('--steps', values.steps ?? defaults.steps);
  const { json, node } = values;
  switch (bench) {
    case 'step':
      return { request: { bench, ...shared, steps: rounds, withJax }, json, node };
    case 'conv':
      return { request: { bench, ...shared, rounds, withJax }, json, node };
    case 'memory':
      if (withJax) throw new BenchUsageError(`memory does not measure jax-js.\n${usage}`);
      return { request: { bench, ...shared }, json, node };
    case 'augment':
      if (withJax) throw new BenchUsageError(`augment does not measure jax-js.\n${usage}`);
      return { request: { bench, ...shared, steps: rounds }, json, node };
    case 'sequential':
      if (withJax || node) throw new BenchUsageError(`sequential has neither --with nor --node.\n${usage}`);
      return { request: { bench, batch: shared.batch, epochs: rounds }, json, node };
    case undefined:
      throw new BenchUsageError(usage);
    default:
      throw new BenchUsageError(`There is no benchmark "${bench}".\n${usage}`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string', default: 'resnet50' },
        batch: { type: 'string' },
        size: { type: 'string' },
        steps: { type: 'string' },
        with: { type: 'string' },
        node: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BenchUsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function parseCount(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new BenchUsageError(`${flag} ${text}: must be a whole number from 1.`);
  return value;
}
