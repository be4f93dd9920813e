/** Reads test/goldens/draws.json, made by scripts/goldens/draws.py. */
import { readFileSync } from 'node:fs';
import type { RandomStream } from '../../src/recipe/random.ts';

type Box = [leftPx: number, topPx: number, widthPx: number, heightPx: number];

interface DrawGoldens {
  eraseBoxes: { width: number; height: number; uniforms: number[]; integers: number[]; box: Box | null }[];
  operations: { integers: number[]; ranges: number[]; name: string; magnitude: number }[];
  cutmix: {
    width: number;
    height: number;
    drawn: number;
    integers: number[];
    box: Box;
    lambda: number;
  }[];
  eraseSamples: [heightPx: number, widthPx: number][];
}

export function readDrawGoldens(): DrawGoldens {
  return JSON.parse(readFileSync(new URL('../goldens/draws.json', import.meta.url), 'utf8')) as DrawGoldens;
}

/** A stream that gives these numbers: uniforms in [0, 1) mapped to the range asked for, integers modulo. */
export function givenNumbers(
  uniforms: readonly number[],
  integers: readonly number[],
): Pick<RandomStream, 'uniform' | 'integer'> {
  const [nextUniform, nextInteger] = [uniforms.values(), integers.values()];
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * taken(nextUniform),
    integer: (n) => taken(nextInteger) % n,
  };
}

function taken(values: Iterator<number>): number {
  const next = values.next();
  if (next.done === true) throw new Error('more random numbers were drawn than torchvision draws');
  return next.value;
}
