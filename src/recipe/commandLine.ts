/**
 * Recipes as command lines of torchvision's reference script, in both directions.
 *
 * What the command leaves out has train.py's own default. Nothing is dropped silently: an argument is a field
 * of the recipe, or a note, or a problem.
 */
import { type RecipeFieldName, recipeFieldNames, recipeFields, tabtrainOnlyFields } from './fields.ts';
import { readFieldText } from './fieldText.ts';
import { trainScriptDefaults } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { flagAliases, otherFlags } from './scriptFlags.ts';
import { shellWords } from './shellWords.ts';
import { didYouMean } from './suggestion.ts';
import { parseRecipe, type RecipeProblem } from './validate.ts';

export type CommandLineResult =
  { ok: true; recipe: Recipe; notes: string[] } | { ok: false; problems: RecipeProblem[] };

const lineWidth = 100;

const fieldOfFlag = new Map<string, RecipeFieldName>();
for (const name of recipeFieldNames) {
  const { flag } = recipeFields[name];
  if (flag !== null) fieldOfFlag.set(dashed(flag), name);
}
const knownFlags = [
  ...recipeFieldNames.flatMap((name) => recipeFields[name].flag ?? []),
  ...Object.keys(otherFlags),
];

/** `--nproc_per_node` and `--nproc-per-node` are one flag, as newer torchrun has it. */
function dashed(flag: string): string {
  return flag.replaceAll('_', '-');
}

/**
 * The `torchrun … train.py …` command that trains this recipe with torchvision, in lines of at most 100
 * characters; the notes name what of the recipe torchvision has no argument for.
 */
export function printCommandLine(recipe: Recipe): { command: string; notes: string[] } {
  const parts = ['train.py'];
  for (const name of recipeFieldNames) {
    const { flag } = recipeFields[name];
    const value = recipe[name];
    const isDefault = value === trainScriptDefaults[name] && name !== 'model';
    if (flag === null || name === 'worldSize' || isDefault || value === null) continue;
    parts.push(typeof value === 'boolean' ? flag : `${flag} ${value}`);
  }
  const lines: string[] = [];
  // Always under torchrun: a plain `python train.py` would shuffle by another sampler.
  let line = `torchrun --nproc_per_node=${recipe.worldSize}`;
  for (const part of parts) {
    if (line.length + part.length + 3 > lineWidth) {
      lines.push(`${line} \\`);
      line = `    ${part}`;
    } else {
      line += ` ${part}`;
    }
  }
  lines.push(line);

  const notes = tabtrainOnlyFields
    .filter((name) => recipe[name] !== trainScriptDefaults[name])
    .map(
      (name) =>
        `${name} = ${String(recipe[name])} is not in the command: train.py has no such argument ` +
        `and trains as with ${String(trainScriptDefaults[name])}.`,
    );
  return { command: lines.join('\n'), notes };
}

interface Launch {
  /** Words after the launcher. */
  rest: string[];
  /** Started by torchrun or its older forms, not by a plain `python`. */
  isDistributed: boolean;
  notes: string[];
}

/** Takes `NAME=value … torchrun`, `python -m torch.distributed.launch` or `python` off the front. */
function readLauncher(words: readonly string[]): Launch {
  const notes: string[] = [];
  let rest = words[0] === '$' ? words.slice(1) : [...words];
  while (/^[A-Z_][A-Z0-9_]*=/.test(rest[0] ?? '')) {
    notes.push(`${rest[0] ?? ''} is ignored: environment variables mean nothing here.`);
    rest = rest.slice(1);
  }
  const program = (rest[0] ?? '').split('/').at(-1) ?? '';
  if (program === 'torchrun') return { rest: rest.slice(1), isDistributed: true, notes };
  if (!/^python[0-9.]*$/.test(program)) return { rest, isDistributed: false, notes };
  rest = rest.slice(1);
  if (rest[0] === '-u') rest = rest.slice(1);
  if (rest[0] === '-m' && /^torch\.distributed\.(launch|run)$/.test(rest[1] ?? '')) {
    return { rest: rest.slice(2), isDistributed: true, notes };
  }
  return { rest, isDistributed: false, notes };
}

/** What the arguments say, before the values are checked together. */
class ArgumentReader {
  readonly values: Record<string, unknown> = { ...trainScriptDefaults };
  readonly flagOfField = new Map<string, string>();
  readonly notes: string[];
  readonly problems: RecipeProblem[] = [];
  isDistributed: boolean;
  private nodes = 1;
  private readonly words: string[];

  constructor(launch: Launch) {
    this.words = launch.rest;
    this.notes = launch.notes;
    this.isDistributed = launch.isDistributed;
  }

  readAll(): void {
    let hasScript = false;
    for (let word = this.words.shift(); word !== undefined; word = this.words.shift()) {
      if (word.startsWith('-')) {
        this.readFlag(word);
      } else if (!hasScript && word.endsWith('.py')) {
        hasScript = true;
      } else {
        this.report(
          word,
          word,
          `"${word}" is not expected here. Give a command such as: torchrun --nproc_per_node=8 train.py --model resnet50`,
        );
      }
    }
    const perNode = this.values['worldSize'];
    if (typeof perNode === 'number') this.values['worldSize'] = perNode * this.nodes;
  }

  private report(field: string, value: unknown, message: string): void {
    this.problems.push({ field, value, message });
  }

  private readFlag(word: string): void {
    const equals = word.indexOf('=');
    const written = equals < 0 ? word : word.slice(0, equals);
    const attached = equals < 0 ? null : word.slice(equals + 1);
    const flag = flagAliases[written] ?? dashed(written);
    const field = fieldOfFlag.get(flag);
    const other = otherFlags[flag];
    if (field !== undefined) {
      this.readField(field, written, attached);
    } else if (flag === '--nnodes') {
      const text = this.takeValue(written, attached);
      if (text === null) return;
      if (/^[1-9]\d*$/.test(text)) this.nodes = Number(text);
      else this.report(written, text, `${written} is "${text}", but must be a whole number from 1.`);
    } else if (other !== undefined) {
      const value = other.takesValue ? this.takeValue(written, attached) : attached;
      if (other.outcome === 'ignored') this.notes.push(`${written} is ignored: ${other.note}.`);
      else this.report(written, value ?? true, `${written} is not supported. ${other.remedy}`);
    } else {
      const value = attached ?? this.nextValue() ?? true;
      this.report(
        written,
        value,
        `${written} is not an argument of train.py or torchrun.${didYouMean(written, knownFlags)}`,
      );
    }
  }

  private readField(field: RecipeFieldName, written: string, attached: string | null): void {
    this.flagOfField.set(field, written);
    if (recipeFields[field].kind === 'boolean') {
      if (attached === null) this.values[field] = true;
      else
        this.report(
          field,
          attached,
          `${written} takes no value, but has "${attached}". Leave the value out.`,
        );
      return;
    }
    const text = this.takeValue(written, attached);
    if (text === null) return;
    if (field === 'worldSize') this.isDistributed = true;
    // train.py ignores case here, and takes "sgd" with anything after it.
    const lowered = field === 'opt' || field === 'lrScheduler' ? text.toLowerCase() : text;
    const isSgd = field === 'opt' && lowered.startsWith('sgd');
    const named = isSgd ? (lowered.includes('nesterov') ? 'sgd_nesterov' : 'sgd') : lowered;
    this.values[field] = readFieldText(field, named);
  }

  private takeValue(written: string, attached: string | null): string | null {
    const value = attached ?? this.nextValue();
    if (value === null) this.report(written, null, `${written} has no value. Write it after the flag.`);
    return value;
  }

  /** The next word, unless it is a flag itself. */
  private nextValue(): string | null {
    const next = this.words[0];
    if (next === undefined || /^-[^\d.]/.test(next)) return null;
    this.words.shift();
    return next;
  }
}

/**
 * Reads a command such as `torchrun --nproc_per_node=8 train.py --model resnet50 --lr 0.5 \ …`; also under
 * `python -m torch.distributed.launch`, plain `python train.py` (one rank), and bare flags.
 */
export function parseCommandLine(text: string): CommandLineResult {
  const split = shellWords(text);
  if (!split.ok || split.words.length === 0) {
    const message = split.ok
      ? 'The command line is empty. Paste one such as: torchrun --nproc_per_node=8 train.py --model resnet50'
      : `${split.message} Close it.`;
    return { ok: false, problems: [{ field: 'command line', value: text, message }] };
  }
  const reader = new ArgumentReader(readLauncher(split.words));
  reader.readAll();
  if (!reader.isDistributed && reader.values['raSampler'] === true) {
    reader.values['raSampler'] = false;
    reader.notes.push('--ra-sampler is ignored, as train.py ignores it when torchrun does not start it.');
  }
  const result = parseRecipe(reader.values);
  if (result.ok && reader.problems.length === 0)
    return { ok: true, recipe: result.recipe, notes: reader.notes };
  const fieldProblems = result.ok
    ? []
    : result.problems.map((problem) => {
        const flag = reader.flagOfField.get(problem.field);
        return flag === undefined ? problem : { ...problem, message: `${flag}: ${problem.message}` };
      });
  return { ok: false, problems: [...reader.problems, ...fieldProblems] };
}
