/** Which samples each rank sees in an epoch, to compare with torchvision's samplers. Needs neither GPU nor data. */
import { distributedSampleOrder, raSampleOrder } from '../src/data/sampleOrder.ts';
import { raMultiple } from '../src/recipe/repeatedAugmentation.ts';

export interface SamplerOptions {
  n?: string | undefined;
  ranks: string;
  reps: string;
  epoch: string;
  'no-truncate': boolean;
  json: boolean;
}

interface SamplerReport {
  /** Whose order it is, index for index. */
  sampler: 'torch.utils.data.DistributedSampler' | 'RASampler (references/classification/sampler.py)';
  /** As given, or their defaults; the samplers' own seed is 0, as train.py leaves it. */
  arguments: { n: number; ranks: number; reps: number; epoch: number; truncate: boolean };
  samplesPerRank: number;
  /** Different samples that the ranks see together. */
  uniqueSamples: number;
  /** Indices of each rank, in its order. */
  ranks: number[][];
}

/** Longest order that is printed whole without --json. */
const shownSamples = 16;

export async function printSampler(options: SamplerOptions): Promise<void> {
  const report = sampler(options);
  const output = options.json ? `${JSON.stringify(report)}\n` : text(report);
  // Megabytes for a large data set: what is not written yet would be lost when the process exits.
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(output, (error) => (error == null ? resolve() : reject(error)));
  });
}

function sampler(options: SamplerOptions): SamplerReport {
  const datasetSize = parseInteger('--n', options.n ?? '', 1);
  const worldSize = parseInteger('--ranks', options.ranks, 1);
  const repetitions = parseInteger('--reps', options.reps, 1);
  const epoch = parseInteger('--epoch', options.epoch, 0);
  const truncate = !options['no-truncate'];
  const ranks = Array.from({ length: worldSize }, (_, rank) => {
    const request = { datasetSize, worldSize, rank, epoch };
    return Array.from(
      repetitions === 1
        ? distributedSampleOrder(request)
        : raSampleOrder({ ...request, repetitions, truncate }),
    );
  });
  return {
    sampler:
      repetitions === 1
        ? 'torch.utils.data.DistributedSampler'
        : 'RASampler (references/classification/sampler.py)',
    arguments: { n: datasetSize, ranks: worldSize, reps: repetitions, epoch, truncate },
    samplesPerRank: ranks[0]?.length ?? 0,
    uniqueSamples: new Set(ranks.flat()).size,
    ranks,
  };
}

function parseInteger(flag: string, value: string, least: number): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${flag} ${value}: must be a whole number from ${least}.`);
}

function text({ sampler, arguments: given, samplesPerRank, uniqueSamples, ranks }: SamplerReport): string {
  const lines = [
    `${sampler}, seed 0: ${given.n} samples, ${given.ranks} ranks, ${given.reps} repetitions, epoch ${given.epoch}`,
    `${samplesPerRank} samples a rank, ${uniqueSamples} different ones in all`,
    ...ranks.map((order, rank) => {
      const rest =
        order.length > shownSamples ? `, … (${order.length - shownSamples} more; all with --json)` : '';
      return `rank ${rank}: ${order.slice(0, shownSamples).join(', ')}${rest}`;
    }),
  ];
  if (samplesPerRank === 0) {
    lines.push(
      `This sampler keeps whole multiples of ${raMultiple} samples: none here. --no-truncate keeps as many as there are.`,
    );
  }
  return `${lines.join('\n')}\n`;
}
