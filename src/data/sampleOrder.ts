/**
 * Which samples a rank sees in an epoch, in which order, and which samples a limited run uses at all.
 *
 * The orders are those of torch.utils.data.DistributedSampler (shuffle=True, drop_last=False) and of RASampler
 * (references/classification/sampler.py), which torchvision's train.py uses under torchrun, the latter with
 * --ra-sampler; the recipe reference, §4.
 */
import { randomStream } from '../recipe/random.ts';
import { raSamplesPerRank } from '../recipe/repeatedAugmentation.ts';
import { randperm } from './mt19937.ts';

export interface SampleOrderRequest {
  /** Samples of the training split, at least 1. */
  datasetSize: number;
  worldSize: number;
  /** In [0, worldSize). */
  rank: number;
  epoch: number;
  /** DistributedSampler's own seed, to which it adds the epoch; torchvision leaves it at 0. */
  seed?: number;
}

/** Repeated augmentation. */
export interface RepeatedOrderRequest extends SampleOrderRequest {
  /** How many times in a row each sample comes in the list that the ranks share out, at least 1. */
  repetitions: number;
  /** Keep whole multiples of 256 samples, as torchvision does; else as many as the data set has. */
  truncate: boolean;
}

/**
 * Sample indices of this rank and epoch: ceil(datasetSize / worldSize) of them. Where the ranks do not
 * divide the data set, the permutation is padded with its own beginning, so some samples come twice.
 * Throws RangeError where a number is out of its range.
 */
export function distributedSampleOrder(request: SampleOrderRequest): Uint32Array {
  return sharedOut(request, 1, Math.ceil(request.datasetSize / request.worldSize));
}

/**
 * Sample indices of this rank and epoch with repeated augmentation: raSamplesPerRank() of them, none where a
 * truncated data set has under 256 samples. Throws RangeError where a number is out of its range.
 */
export function raSampleOrder(request: RepeatedOrderRequest): Uint32Array {
  requireInteger('repetitions', request.repetitions, 1);
  return sharedOut(request, request.repetitions, raSamplesPerRank(request));
}

/**
 * A rank's share of a permutation of the samples, each repeated in a row: places rank, rank + worldSize, … The list
 * goes on from its front where it ends, as often as a world larger than it needs.
 */
function sharedOut(request: SampleOrderRequest, repetitions: number, samplesPerRank: number): Uint32Array {
  const { datasetSize, worldSize, rank, epoch, seed = 0 } = request;
  requireInteger('datasetSize', datasetSize, 1);
  requireInteger('worldSize', worldSize, 1);
  requireInteger('rank', rank, 0);
  requireInteger('epoch', epoch, 0);
  if (rank >= worldSize) {
    throw new RangeError(
      `Sample order: rank is ${rank}, but worldSize ${worldSize} has ranks 0 to ${worldSize - 1}.`,
    );
  }
  const permutation = randperm(datasetSize, seed + epoch);
  const order = new Uint32Array(samplesPerRank);
  for (let i = 0; i < samplesPerRank; i++) {
    const place = (rank + i * worldSize) % (datasetSize * repetitions);
    order[i] = permutation[Math.floor(place / repetitions)] ?? 0;
  }
  return order;
}

/**
 * The training samples of a run with a limit: the same share of every class (largest remainders, and at
 * least one image a class where the limit allows), drawn once by seed.
 *
 * @param labels label of each sample, in stored order.
 * @param limit at least 1; null or a limit not below the number of samples keeps all.
 * @returns indices into `labels`, ascending.
 */
export function subsetByClass(labels: Int32Array, limit: number | null, seed: number): Int32Array {
  if (limit !== null) requireInteger('limit', limit, 1);
  if (limit === null || limit >= labels.length) return Int32Array.from(labels, (_, index) => index);

  const byClass = groupByLabel(labels);
  const quotas = shareOut(
    byClass.map((members) => members.length),
    limit,
  );
  const chosen: number[] = [];
  byClass.forEach((members, label) => {
    const shuffled = shuffledBySeed(members, seed, label, 'subset');
    for (const index of shuffled.subarray(0, quotas[label] ?? 0)) chosen.push(index);
  });
  return Int32Array.from(chosen).sort();
}

/**
 * The samples held out for validation where the files have no validation folder: of each class
 * `fraction`, rounded, at least one where the class has two images, and never all of them.
 *
 * @returns indices into `labels`, ascending.
 */
export function validationByClass(labels: Int32Array, fraction: number, seed: number): Int32Array {
  if (!(fraction > 0 && fraction < 1)) {
    throw new RangeError(`Validation share: ${fraction} is not between 0 and 1.`);
  }
  const chosen: number[] = [];
  groupByLabel(labels).forEach((members, label) => {
    const wanted = Math.max(1, Math.round(members.length * fraction));
    const count = Math.min(wanted, members.length - 1);
    if (count <= 0) return;
    for (const index of shuffledBySeed(members, seed, label, 'split').subarray(0, count)) chosen.push(index);
  });
  return Int32Array.from(chosen).sort();
}

/** Sample indices of each label, ascending; labels without samples have an empty list. */
function groupByLabel(labels: Int32Array): number[][] {
  const groups: number[][] = [];
  labels.forEach((label, index) => {
    while (groups.length <= label) groups.push([]);
    groups[label]?.push(index);
  });
  return groups;
}

function shuffledBySeed(
  members: readonly number[],
  seed: number,
  label: number,
  purpose: 'split' | 'subset',
): Int32Array {
  const shuffled = Int32Array.from(members);
  randomStream({ seed, epoch: 0, rank: 0, position: label, purpose }).shuffle(shuffled);
  return shuffled;
}

/** Splits `total` in proportion to the sizes, in whole images (largest remainders; ties to the lower label). */
function shareOut(sizes: readonly number[], total: number): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  const nonEmpty = sizes.filter((size) => size > 0).length;
  const minimum = total >= nonEmpty ? 1 : 0;
  const exact = sizes.map((size) => (size * total) / sum);
  const quotas = exact.map((share, label) =>
    Math.max(Math.floor(share), Math.min(minimum, sizes[label] ?? 0)),
  );
  let left = total - quotas.reduce((a, b) => a + b, 0);
  const remainders = exact.map((share, label) => ({ label, remainder: share - (quotas[label] ?? 0) }));
  remainders.sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  for (const { label } of remainders) {
    if (left <= 0) break;
    quotas[label] = (quotas[label] ?? 0) + 1;
    left--;
  }
  // The one-image minimum of tiny classes can exceed the total: the largest classes give back.
  while (left < 0) {
    const largest = quotas.indexOf(Math.max(...quotas));
    quotas[largest] = (quotas[largest] ?? 0) - 1;
    left++;
  }
  return quotas;
}

function requireInteger(name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`Sample order: ${name} is ${value}, but must be an integer of at least ${minimum}.`);
  }
}
