/**
 * The ladder in Node: rungs trained one after the other at a small scale, with a table and the curves of all in
 * files. A rung that is in the folder already, with the same recipe, is not trained again, so that a run that was
 * broken off goes on; one that fails is marked, and the next is trained.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { requestEngineDevice } from '../src/engine/device.ts';
import { formatPoints } from '../src/format.ts';
import { isRungName, type Rung, type RungName, rungNames, rungs } from '../src/recipe/ladder.ts';
import { ladderGains } from '../src/recipe/ladderGains.ts';
import {
  defaultScale,
  ladderRecipe,
  type LadderScale,
  scaleProblems,
  scaleSchema,
} from '../src/recipe/ladderScale.ts';
import type { Recipe } from '../src/recipe/recipe.ts';
import { didYouMean } from '../src/recipe/suggestion.ts';
import { parseRecipe } from '../src/recipe/validate.ts';
import type { EvaluationEvent, TrainerEvent } from '../src/train/events.ts';
import { validationIndices } from '../src/train/evaluate.ts';
import { dawn } from './dawn.ts';
import { openNodeDataset } from './nodeSampleSource.ts';
import { parseRunner, printText, saveRun, trainInNode, validationFraction } from './train.ts';

export interface LadderOptions {
  data: string;
  /** Names separated by commas, or "all". */
  rungs: string;
  /** `name=value`, also several separated by commas. */
  scale: string[];
  out: string;
  runner: string;
  json: boolean;
}

/** One rung in ladder.json. */
export interface LadderResult {
  rung: RungName;
  recipe: Recipe;
  /** Why it failed; null where it did not. */
  error: string | null;
  evaluations: EvaluationEvent[];
}

export interface LadderReport {
  adapter: string;
  data: string;
  trainImages: number;
  validationImages: number;
  scale: LadderScale;
  results: LadderResult[];
}

export async function trainLadder(options: LadderOptions): Promise<void> {
  const scale = parseScale(options.scale);
  const names = parseRungs(options.rungs);
  const runner = parseRunner(options.runner);
  const source = await openNodeDataset(options.data, { seed: scale.seed, validationFraction });
  for (const { path, message } of source.problems) console.error(`${path}: ${message}`);
  const engine = await requestEngineDevice(dawn());
  const trainImages = source.labels('train').length;
  const report: LadderReport = {
    adapter: engine.adapterName,
    data: source.summary.name,
    trainImages: Math.min(trainImages, scale.limit ?? Infinity),
    validationImages: validationIndices(source, scale).length,
    scale,
    results: [],
  };
  await mkdir(options.out, { recursive: true });
  for (const rung of names) {
    const recipe = ladderRecipe(rung, scale, trainImages);
    const folder = join(options.out, folderName(rung));
    const emit = (event: TrainerEvent) => {
      if (options.json) process.stdout.write(`${JSON.stringify({ rung, ...event })}\n`);
      else printText(event);
    };
    if (!options.json) console.info(`\n${folderName(rung)}: ${report.data} on ${engine.adapterName}`);
    let result = await earlierResult(folder, rung, recipe);
    if (result === null) {
      try {
        const finished = await trainInNode({ recipe, source, engine, runner, weights: null, emit });
        await saveRun(folder, finished);
        result = { rung, recipe, error: null, evaluations: finished.history.evaluations };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        emit({ event: 'problem', kind: 'other', message });
        result = { rung, recipe, error: message, evaluations: [] };
      }
    }
    report.results.push(result);
    // After each rung, so that there is something to read meanwhile.
    await writeFile(join(options.out, 'ladder.json'), `${JSON.stringify(report, null, 1)}\n`);
    await writeFile(join(options.out, 'ladder.md'), ladderTable(report));
  }
  if (!options.json) console.info(`\n${ladderTable(report)}`);
  const failed = report.results.filter(({ error }) => error !== null);
  if (failed.length > 0) {
    throw new Error(
      `${String(failed.length)} of ${String(names.length)} rungs failed: ${failed.map(({ rung }) => rung).join(', ')}. Why is in ${join(options.out, 'ladder.md')}.`,
    );
  }
}

function folderName(rung: RungName): string {
  return `${String(rungNames.indexOf(rung) + 1).padStart(2, '0')}-${rung}`;
}

/** "all", or names separated by commas; "reference" is the last rung. */
export function parseRungs(text: string): RungName[] {
  if (text === 'all') return [...rungNames];
  const wanted = new Set<RungName>();
  for (const part of text.split(',').map((name) => name.trim())) {
    const name = part === 'reference' ? 'repeated-augmentation' : part;
    if (!isRungName(name)) {
      throw new Error(
        `--rungs ${part}: no such rung.${didYouMean(part, rungNames)} There are ${rungNames.join(', ')}.`,
      );
    }
    wanted.add(name);
  }
  return rungNames.filter((name) => wanted.has(name));
}

/** The default scale with `name=value` set. */
export function parseScale(assignments: readonly string[]): LadderScale {
  const entered: Record<string, unknown> = { ...defaultScale };
  for (const assignment of assignments.flatMap((text) => text.split(','))) {
    const [name = '', text = ''] = assignment.split('=').map((part) => part.trim());
    if (!Object.hasOwn(defaultScale, name)) {
      const known = Object.keys(defaultScale);
      throw new Error(
        `--scale ${assignment}: write name=value with one of ${known.join(', ')}.${didYouMean(name, known)}`,
      );
    }
    const value = Number(text);
    entered[name] = text === 'null' ? null : text === '' || Number.isNaN(value) ? text : value;
  }
  const result = v.safeParse(scaleSchema, entered);
  if (result.success) return result.output;
  throw new Error([...scaleProblems(entered).values()].map((message) => `--scale: ${message}`).join('\n'));
}

const metricsSchema = v.object({ recipe: v.unknown(), evaluations: v.array(v.unknown()) });

/** What an earlier command left in the folder, where it trained the very same recipe. */
async function earlierResult(folder: string, rung: RungName, recipe: Recipe): Promise<LadderResult | null> {
  let text: string;
  try {
    text = await readFile(join(folder, 'metrics.json'), 'utf8');
  } catch {
    return null;
  }
  const metrics = v.parse(metricsSchema, JSON.parse(text));
  const stored = parseRecipe(metrics.recipe);
  const isSame =
    stored.ok &&
    (Object.keys(recipe) as (keyof Recipe)[]).every((name) => stored.recipe[name] === recipe[name]);
  // Written by this program, with the events of its own trainer.
  return isSame ? { rung, recipe, error: null, evaluations: metrics.evaluations as EvaluationEvent[] } : null;
}

/** The results as a Markdown table, published gains beside one's own. */
export function ladderTable({
  adapter,
  data,
  trainImages,
  validationImages,
  scale,
  results,
}: LadderReport): string {
  const last = new Map(results.map(({ rung, evaluations }) => [rung, evaluations.at(-1)]));
  const scores = new Map<RungName, number>();
  for (const [rung, evaluation] of last) {
    if (evaluation !== undefined) scores.set(rung, 100 * (evaluation.emaTop1 ?? evaluation.top1));
  }
  const gains = new Map(ladderGains(scores).map((gain) => [gain.rung.name, gain]));
  const share = (value: number | null | undefined) => (value == null ? '–' : (100 * value).toFixed(1));
  const row = (rung: Rung, { recipe, error, evaluations }: LadderResult): string => {
    const evaluation = evaluations.at(-1);
    const gain = gains.get(rung.name);
    const isTold = gain !== undefined && gain.yours !== null;
    const cells = [
      `${String(rungs.indexOf(rung) + 1)} ${rung.title}`,
      rung.acc1.toFixed(2),
      isTold ? `${formatPoints(gain.published)} to ${String(rungs.indexOf(gain.from) + 1)}` : '',
      error === null ? share(evaluation?.top1) : `failed: ${error}`,
      share(evaluation?.emaTop1),
      isTold ? formatPoints(gain.yours ?? 0, 1) : '',
      String(recipe.epochs),
      evaluation === undefined ? '–' : Math.round(evaluation.elapsedSeconds).toLocaleString('en-GB'),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const rows = rungs.flatMap((rung) =>
    results.filter((result) => result.rung === rung.name).map((result) => row(rung, result)),
  );
  const { model, basePx, worldSize, batchSize, trainScaleMin, seed } = scale;
  return `${[
    `${data}: ${model}, ${String(basePx)} px, ${String(worldSize)} ranks × ${String(batchSize)}, crops from ${String(trainScaleMin)}, seed ${String(seed)}; ` +
      `${String(trainImages)} training and ${String(validationImages)} validation images; ${adapter}.`,
    '',
    '| rung | ImageNet top-1 | gain | top-1 here, raw | EMA | gain here | epochs | seconds |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')}\n`;
}
