/** `model.fit` on a tf.sequential model with and without `accelerate`, on one adapter, alternating. */
import { wrap } from 'comlink';
import type { SequentialWorker } from './sequentialWorker.ts';

export interface SequentialSettings {
  /** Images of 32 px in the one batch of an epoch. */
  batch: number;
  /** Timed epochs of each; one more comes before, which compiles. */
  epochs: number;
}

export interface SequentialFigures {
  /** Median milliseconds of an epoch. */
  ms: number;
  /** Of every epoch, the first included. */
  losses: number[];
  /** Tensors that each epoch after the first left behind. */
  tensorsLeft: number;
}

export interface SequentialResult {
  bench: 'sequential';
  adapter: string;
  batch: number;
  accelerated: SequentialFigures;
  stock: SequentialFigures;
  /** How many times faster the accelerated one is. */
  ratio: number;
  /** Largest difference of an epoch's loss. */
  lossDifference: number;
}

export async function benchSequential({ batch, epochs }: SequentialSettings): Promise<SequentialResult> {
  const contenders = [true, false].map((accelerated) => {
    const thread = new Worker(new URL('./sequentialWorker.ts', import.meta.url), { type: 'module' });
    return {
      accelerated,
      thread,
      remote: wrap<SequentialWorker>(thread),
      losses: [0].slice(1),
      times: [0].slice(1),
      tensorsLeft: 0,
    };
  });
  let adapter = '';
  for (const { accelerated, remote } of contenders) adapter = await remote.open(accelerated, batch);
  for (let epoch = 0; epoch <= epochs; epoch += 1) {
    for (const contender of contenders) {
      const before = await contender.remote.tensors();
      const { loss, ms } = await contender.remote.epoch();
      contender.losses.push(loss);
      if (epoch === 0) continue;
      contender.times.push(ms);
      contender.tensorsLeft += (await contender.remote.tensors()) - before;
    }
  }
  for (const { thread } of contenders) thread.terminate();
  const [accelerated, stock] = contenders.map(({ losses, times, tensorsLeft }) => ({
    ms: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN,
    losses,
    tensorsLeft,
  }));
  if (accelerated === undefined || stock === undefined) throw new Error('Both were measured above.');
  return {
    bench: 'sequential',
    ...{ adapter, batch, accelerated, stock, ratio: stock.ms / accelerated.ms },
    lossDifference: Math.max(
      ...accelerated.losses.map((loss, epoch) => Math.abs(loss - (stock.losses[epoch] ?? NaN))),
    ),
  };
}

/** As Markdown. */
export function sequentialTable({
  adapter,
  batch,
  accelerated,
  stock,
  ratio,
  lossDifference,
}: SequentialResult): string {
  const row = (name: string, { ms, losses }: SequentialFigures) =>
    `| ${name} | ${ms.toFixed(0)} | ${losses.map((loss) => loss.toFixed(5)).join(', ')} |`;
  return [
    `tf.sequential, batch ${String(batch)} at 32 px, on ${adapter}`,
    '',
    '| | ms a step of model.fit | losses |',
    '|---|---|---|',
    row('tfjs with accelerate', accelerated),
    row('tfjs', stock),
    '',
    `${ratio.toFixed(1)} times faster; losses differ by at most ${lossDifference.toExponential(1)}`,
  ].join('\n');
}
