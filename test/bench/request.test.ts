/** The benchmarks' command line. */
import { describe, expect, it } from 'vitest';
import { BenchUsageError, parseCommand } from '../../bench/request.ts';

describe('parseCommand', () => {
  it('fills in what is not given', () => {
    expect(parseCommand(['step'])).toEqual({
      request: { bench: 'step', model: 'resnet50', batch: 8, size: 64, steps: 5, withJax: false },
      ...{ json: false, node: false },
    });
  });

  it('takes what is given', () => {
    const args = 'conv --node --json --model resnet18 --batch 2 --size 32 --steps 3 --with jax-js'.split(' ');
    expect(parseCommand(args)).toEqual({
      request: { bench: 'conv', model: 'resnet18', batch: 2, size: 32, rounds: 3, withJax: true },
      ...{ json: true, node: true },
    });
  });

  it('takes the reference recipe’s batch and size for augment', () => {
    expect(parseCommand(['augment', '--json'])).toEqual({
      request: { bench: 'augment', model: 'resnet50', batch: 32, size: 176, steps: 1 },
      ...{ json: true, node: false },
    });
    expect(parseCommand('augment --batch 4 --size 64 --steps 3'.split(' ')).request).toMatchObject({
      ...{ batch: 4, size: 64, steps: 3 },
    });
  });

  it.each([
    ['', 'Usage'],
    ['stp', 'There is no benchmark "stp"'],
    ['step conv', 'One benchmark at a time'],
    ['step --model resnet51', '--model resnet51 is not known'],
    ['step --batch 0', '--batch 0: must be a whole number from 1'],
    ['step --with torch', '--with torch: only jax-js'],
    ['sequential --node', 'sequential has neither'],
    ['memory --with jax-js', 'memory does not measure jax-js'],
    ['augment --with jax-js', 'augment does not measure jax-js'],
    ['step --fast', "Unknown option '--fast'"],
  ])('refuses "%s": %s', (line, reason) => {
    const parse = () => parseCommand(line.split(' ').filter((word) => word !== ''));
    expect(parse).toThrow(BenchUsageError);
    expect(parse).toThrow(reason);
  });
});
