/** `tabtrain sampler`: which sampler it names, and that its JSON holds the whole orders. */
import { describe, expect, it, vi } from 'vitest';
import { printSampler, type SamplerOptions } from '../../cli/sampler.ts';
import { distributedSampleOrder, raSampleOrder } from '../../src/data/sampleOrder.ts';

async function printed(changes: Partial<SamplerOptions>): Promise<string> {
  let output = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    output += String(text);
    for (const done of rest) if (typeof done === 'function') done();
    return true;
  });
  try {
    await printSampler({
      n: '600',
      ranks: '3',
      reps: '1',
      epoch: '2',
      'no-truncate': false,
      json: true,
      ...changes,
    });
  } finally {
    write.mockRestore();
  }
  return output;
}

const ranks = [0, 1, 2];
const request = { datasetSize: 600, worldSize: 3, epoch: 2 };

describe('tabtrain sampler', () => {
  it('prints the distributed sampler’s orders', async () => {
    const report = JSON.parse(await printed({})) as unknown;
    expect(report).toEqual({
      sampler: 'torch.utils.data.DistributedSampler',
      arguments: { n: 600, ranks: 3, reps: 1, epoch: 2, truncate: true },
      samplesPerRank: 200,
      uniqueSamples: 600,
      ranks: ranks.map((rank) => [...distributedSampleOrder({ ...request, rank })]),
    });
  });

  it.each([true, false])('prints repeated augmentation’s, truncated: %s', async (truncate) => {
    const report = JSON.parse(await printed({ reps: '4', 'no-truncate': !truncate })) as unknown;
    const shape = { ...request, repetitions: 4, truncate };
    expect(report).toMatchObject({
      sampler: expect.stringMatching(/^RASampler/) as string,
      samplesPerRank: truncate ? 170 : 200,
      ranks: ranks.map((rank) => [...raSampleOrder({ ...shape, rank })]),
    });
  });

  it('says why a small data set has none, and refuses what is no number', async () => {
    expect(await printed({ n: '40', reps: '4', json: false })).toMatch(
      /0 samples a rank.*whole multiples of 256 samples: none here\. --no-truncate/s,
    );
    await expect(printed({ n: '2.5' })).rejects.toThrow('--n 2.5: must be a whole number from 1.');
    await expect(printed({ epoch: '-1' })).rejects.toThrow('--epoch -1: must be a whole number from 0.');
  });
});
