import { expect, test } from 'vitest';
import { type DrawKey, randomStream } from '../../src/recipe/random.ts';

const key: DrawKey = { seed: 7, epoch: 3, rank: 2, position: 11, purpose: 'randomResizedCrop' };

function firstWords(drawKey: DrawKey, count = 10): number[] {
  const stream = randomStream(drawKey);
  return Array.from({ length: count }, () => stream.nextUint32());
}

test('zero key and first purpose give the published block, then the next counter', () => {
  const words = firstWords({ seed: 0, epoch: 0, rank: 0, position: 0, purpose: 'initialWeights' }, 8);
  expect(words.slice(0, 4)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(new Set(words).size).toBe(8);
});

test('the draws of saved runs stay what they are', () => {
  // Golden of this implementation: it changes only if a key's place in the counter or a purpose's number does.
  const purposes = ['initialWeights', 'split', 'subset', 'randomResizedCrop', 'horizontalFlip'] as const;
  expect(purposes.map((purpose) => firstWords({ ...key, purpose }, 1)[0])).toMatchInlineSnapshot(`
    [
      2460371341,
      2410338844,
      2777843895,
      3399622055,
      2968699806,
    ]
  `);
});

test('the same key gives the same stream; every field matters', () => {
  expect(firstWords(key)).toEqual(firstWords({ ...key }));
  const variants: DrawKey[] = [
    { ...key, seed: 8 },
    { ...key, seed: 7 + 2 ** 32 },
    { ...key, epoch: 4 },
    { ...key, rank: 3 },
    { ...key, position: 12 },
    { ...key, purpose: 'horizontalFlip' },
  ];
  const seen = new Set([key, ...variants].map((variant) => firstWords(variant).join()));
  expect(seen.size).toBe(variants.length + 1);
});

test('uniform is half open and has the moments of a uniform', () => {
  const stream = randomStream(key);
  const count = 100_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = stream.uniform(-2, 4);
    if (value < -2 || value >= 4) expect.fail(`${value} is outside [-2, 4)`);
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  // Four standard errors: σ = 6/√12, so 4σ/√count = 0.022.
  expect(Math.abs(mean - 1)).toBeLessThan(0.022);
  expect(Math.abs(squares / count - mean * mean - 3)).toBeLessThan(0.05);
});

test('normal has the moments of a standard normal and no correlation within pairs', () => {
  const stream = randomStream({ ...key, purpose: 'initialWeights' });
  const values = Array.from({ length: 100_000 }, () => stream.normal());
  const moment = (power: number) => values.reduce((sum, v) => sum + v ** power, 0) / values.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.013);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.018);
  expect(Math.abs(moment(3))).toBeLessThan(0.05);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.13);
  let product = 0;
  for (let i = 0; i < values.length; i += 2) product += (values[i] ?? 0) * (values[i + 1] ?? 0);
  expect(Math.abs(product / (values.length / 2))).toBeLessThan(0.018);
});

test('integer is unbiased where a plain remainder would not be', () => {
  // n = 3·2³⁰: a remainder would hit the lowest third twice as often as each other third.
  const stream = randomStream(key);
  const n = 3 * 2 ** 30;
  const thirds = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) {
    const third = Math.floor(stream.integer(n) / 2 ** 30);
    thirds[third] = (thirds[third] ?? 0) + 1;
  }
  for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(350);
  expect(stream.integer(1)).toBe(0);
});

test('shuffle is a permutation, and every order of three comes equally often', () => {
  const stream = randomStream({ ...key, purpose: 'subset' });
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const values = Int32Array.of(0, 1, 2);
    stream.shuffle(values);
    counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(180);
});

test('a field out of range is named', () => {
  expect(() => randomStream({ ...key, seed: -1 })).toThrow(/seed is -1/);
  expect(() => randomStream({ ...key, epoch: 1.5 })).toThrow(/epoch is 1\.5/);
  expect(() => randomStream({ ...key, rank: 2 ** 24 })).toThrow(/rank is 16777216/);
  expect(() => randomStream({ ...key, position: NaN })).toThrow(/position is NaN/);
  expect(() => randomStream(key).integer(0)).toThrow(/integer\(n\)/);
});
