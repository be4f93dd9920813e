/**
 * What the inspector shows, as an address: `#/augment?photo=…&seed=…`. Pure. What equals the default is left out,
 * and the defaults never change, so an old link shows what it showed.
 */
import type { LookSettings } from '../../protocol.ts';
import { magnitudeBins, pixelOperationNames, type PixelOperationName } from '../../augment/trivialAugment.ts';
import { recipeFields } from '../../recipe/fields.ts';
import { readFieldText } from '../../recipe/fieldText.ts';
import { trainScriptDefaults } from '../../recipe/presets.ts';
import { parseRecipe } from '../../recipe/validate.ts';

export const photoNames = ['airplane-from-above', 'allium-oreophilum', 'nagasaki-boats'] as const;
export type PhotoName = (typeof photoNames)[number];

export const inspectTabs = ['draws', 'operations', 'batch', 'sizes'] as const;
export type InspectTab = (typeof inspectTabs)[number];

/** The image that is looked at. A file is not in the address: only what tells that it is the same one. */
export type Subject =
  | { kind: 'photo'; name: PhotoName }
  | { kind: 'sample'; datasetId: string; split: 'train' | 'validation'; index: number }
  | { kind: 'file'; fingerprint: string };

export const drawCountChoices = [6, 12, 24, 48] as const;

export interface InspectAddress {
  tab: InspectTab;
  subject: Subject;
  settings: LookSettings;
  seed: number;
  /** Other images and a new sample keep the seed. */
  seedLocked: boolean;
  /** Draws in the grid. */
  count: number;
  /** The draw that is shown stage by stage, from 0. */
  selected: number;
  operation: PixelOperationName;
  bin: number;
  negative: boolean;
  /** Of the batch: null until one is chosen. */
  runId: string | null;
  step: number;
  rank: number;
}

/** torchvision's reference recipe. */
const defaultSettings: LookSettings = {
  trainCropSize: 176,
  trainScaleMin: 0.08,
  hflipProb: 0.5,
  autoAugment: 'ta_wide',
  randomErase: 0.1,
  mixupAlpha: 0.2,
  cutmixAlpha: 1,
  valResizeSize: 232,
  valCropSize: 224,
};

export const defaultAddress: InspectAddress = {
  tab: 'draws',
  subject: { kind: 'photo', name: 'airplane-from-above' },
  settings: defaultSettings,
  seed: 0,
  seedLocked: false,
  count: 12,
  selected: 0,
  operation: 'Rotate',
  bin: 10,
  negative: false,
  runId: null,
  step: 1,
  rank: 0,
};

export const settingNames = Object.keys(defaultSettings) as (keyof LookSettings)[];

const maxSeed = recipeFields.seed.max;
const maxIndex = 2 ** 32 - 1;

/** The fields of a recipe that can be looked at. */
export function lookSettingsOf(recipe: LookSettings): LookSettings {
  return Object.fromEntries(settingNames.map((name) => [name, recipe[name]])) as unknown as LookSettings;
}

/** What is wrong with these settings, by field; empty where nothing is. */
export function settingProblems(settings: Readonly<Record<string, unknown>>): Map<string, string> {
  const result = parseRecipe({ ...trainScriptDefaults, ...settings });
  return new Map(result.ok ? [] : result.problems.map(({ field, message }) => [field, message]));
}

/** The part after `#/augment?`. */
export function formatAddress(address: InspectAddress): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number | null, otherwise: string | number | null) => {
    if (value !== otherwise) query.set(name, String(value));
  };
  put('tab', address.tab, defaultAddress.tab);
  const { subject } = address;
  switch (subject.kind) {
    case 'photo':
      query.set('photo', subject.name);
      break;
    case 'sample':
      query.set('data', subject.datasetId);
      put('split', subject.split, 'train');
      query.set('image', String(subject.index));
      break;
    case 'file':
      query.set('file', subject.fingerprint);
      break;
  }
  query.set('seed', String(address.seed));
  if (address.seedLocked) query.set('locked', '1');
  put('n', address.count, defaultAddress.count);
  put('draw', address.selected, defaultAddress.selected);
  for (const name of settingNames) put(name, address.settings[name], defaultSettings[name]);
  put('op', address.operation, defaultAddress.operation);
  put('bin', address.bin, defaultAddress.bin);
  if (address.negative) query.set('sign', '-');
  put('run', address.runId, null);
  put('step', address.step, defaultAddress.step);
  put('rank', address.rank, defaultAddress.rank);
  return query.toString();
}

/**
 * Reads what formatAddress wrote. What is missing is the default; what is wrong is the default too, and told.
 * @returns messages that name the part, its value and what is allowed
 */
export function parseAddress(text: string): { address: InspectAddress; problems: string[] } {
  const query = new URLSearchParams(text);
  const problems: string[] = [];
  const whole = (name: string, otherwise: number, min: number, max: number): number => {
    const given = query.get(name);
    if (given === null) return otherwise;
    const value = Number(given);
    if (given !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name} is “${given}”, but must be a whole number from ${min} to ${max}.`);
    return otherwise;
  };
  const choice = <T extends string>(name: string, otherwise: T, allowed: readonly T[]): T => {
    const given = query.get(name);
    if (given === null) return otherwise;
    const known = allowed.find((candidate) => candidate === given);
    if (known === undefined) problems.push(`${name} is “${given}”, but must be ${allowed.join(', ')}.`);
    return known ?? otherwise;
  };

  const address: InspectAddress = {
    tab: choice('tab', defaultAddress.tab, inspectTabs),
    subject: defaultAddress.subject,
    settings: readSettings(query, problems),
    seed: whole('seed', defaultAddress.seed, 0, maxSeed),
    seedLocked: query.get('locked') === '1',
    count: whole('n', defaultAddress.count, 1, 48),
    selected: 0,
    operation: choice('op', defaultAddress.operation, pixelOperationNames),
    bin: whole('bin', defaultAddress.bin, 0, magnitudeBins - 1),
    negative: query.get('sign') === '-',
    runId: query.get('run'),
    step: whole('step', defaultAddress.step, 1, maxIndex),
    rank: whole('rank', defaultAddress.rank, 0, 2 ** 24 - 1),
  };
  const datasetId = query.get('data');
  const file = query.get('file');
  if (datasetId !== null) {
    const split = choice('split', 'train', ['train', 'validation']);
    address.subject = { kind: 'sample', datasetId, split, index: whole('image', 0, 0, maxIndex) };
  } else if (file !== null) {
    if (/^[0-9a-f]{8}-\d+$/.test(file)) address.subject = { kind: 'file', fingerprint: file };
    else problems.push(`file is “${file}”, which is no fingerprint of an image. Choose an image.`);
  } else {
    address.subject = { kind: 'photo', name: choice('photo', 'airplane-from-above', photoNames) };
  }
  address.selected = whole('draw', 0, 0, address.count - 1);
  return { address, problems };
}

function readSettings(query: URLSearchParams, problems: string[]): LookSettings {
  const given: Record<string, unknown> = { ...defaultSettings };
  for (const name of settingNames) {
    const text = query.get(name);
    if (text !== null) given[name] = readFieldText(name, text);
  }
  const wrong = settingProblems(given);
  if (wrong.size === 0) return given as unknown as LookSettings;
  problems.push(...wrong.values());
  return defaultSettings;
}
