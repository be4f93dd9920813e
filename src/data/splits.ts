/**
 * From the files that could be read to classes, labels and splits. Pure, and the same for the browser's
 * importer and the command line.
 */
import { compareCodePoints } from './folderTree.ts';
import { ImportError } from './importError.ts';
import { validationByClass } from './sampleOrder.ts';
import type { ImportProblem, SplitName } from './types.ts';

export interface ReadableSample {
  className: string;
  split: SplitName | null;
}

export interface SplitSamples {
  /** Indices of the samples given, in stored order. */
  samples: Int32Array;
  /** Label of each. */
  labels: Int32Array;
}

/** How images are held out where the files do not say which validate. */
export interface HoldOutOptions {
  /** In (0, 1). */
  validationFraction: number;
  seed: number;
}

export interface AssignedSplits {
  /** Sorted by code point; a sample's label is its place here. */
  classes: string[];
  train: SplitSamples;
  validation: SplitSamples;
  /** Classes that were left out or that cannot be validated. */
  problems: ImportProblem[];
  validationNote: string;
}

/**
 * Assigns labels and splits. Where no sample is in a validation folder, `validationFraction` of each class
 * is held out by seed (validationByClass). Classes without training images are left out, with a problem.
 *
 * @throws ImportError where fewer than two classes are left, or nothing to validate with.
 */
export function assignSplits(samples: readonly ReadableSample[], options: HoldOutOptions): AssignedSplits {
  const problems: ImportProblem[] = [];
  const trainable = new Set(
    samples.filter(({ split }) => split !== 'validation').map(({ className }) => className),
  );
  const classes = [...trainable].sort(compareCodePoints);
  requireTwoClasses(classes);
  const labelOf = new Map(classes.map((name, label) => [name, label]));

  const used: number[] = [];
  const labels: number[] = [];
  const unlearnt = new Map<string, number>();
  samples.forEach(({ className }, sample) => {
    const label = labelOf.get(className);
    if (label === undefined) {
      unlearnt.set(className, (unlearnt.get(className) ?? 0) + 1);
      return;
    }
    used.push(sample);
    labels.push(label);
  });
  for (const [path, count] of unlearnt) {
    const message = `This class has no training images, so its ${count} validation images were left out.`;
    problems.push({ path, message });
  }

  const byFolder = used.some((sample) => samples[sample]?.split === 'validation');
  const heldOut = byFolder
    ? new Set(used.flatMap((sample, at) => (samples[sample]?.split === 'validation' ? [at] : [])))
    : new Set(validationByClass(Int32Array.from(labels), options.validationFraction, options.seed));
  const pick = (isValidation: boolean): SplitSamples => {
    const chosen = used.flatMap((_, at) => (heldOut.has(at) === isValidation ? [at] : []));
    return {
      samples: Int32Array.from(chosen, (at) => used[at] ?? 0),
      labels: Int32Array.from(chosen, (at) => labels[at] ?? 0),
    };
  };
  const train = pick(false);
  const validation = pick(true);
  if (validation.samples.length === 0) {
    throw new ImportError(
      'Every class has a single image, so nothing is left to validate with. Add at least one more image to a class.',
    );
  }
  problems.push(...unvalidatedClasses(classes, train, validation, byFolder));
  const validationNote = byFolder
    ? 'Measured on the images of the validation folder, which are never trained on.'
    : describeHeldOut(options);
  return { classes, train, validation, problems, validationNote };
}

/** Images of each class. */
export function countPerClass(labels: Int32Array, classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function requireTwoClasses(classes: readonly string[]): void {
  const [only] = classes;
  if (only === undefined) throw new ImportError('There are no training images.');
  if (classes.length > 1) return;
  throw new ImportError(
    `Only one class, "${only}", has images that can be read, so there is nothing to tell apart. Add a second class with images.`,
  );
}

function unvalidatedClasses(
  classes: readonly string[],
  train: SplitSamples,
  validation: SplitSamples,
  byFolder: boolean,
): ImportProblem[] {
  const trainCounts = countPerClass(train.labels, classes.length);
  const validationCounts = countPerClass(validation.labels, classes.length);
  return classes.flatMap((path, label) => {
    if (validationCounts[label] !== 0) return [];
    const count = trainCounts[label] === 1 ? 'only one image' : `${trainCounts[label] ?? 0} images`;
    const advice = byFolder ? 'Add images of it to the validation folder.' : 'Add more images of it.';
    const message = `This class has ${count}, used for training, and none to validate with. ${advice}`;
    return [{ path, message }];
  });
}

/** What a result on images held out by seed measures. */
export function describeHeldOut({ validationFraction, seed }: HoldOutOptions): string {
  const percent = Math.round(validationFraction * 1000) / 10;
  return `Measured on ${percent} % of the images of each class, drawn with seed ${seed} and never trained on.`;
}
