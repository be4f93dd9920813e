/** One training run in Node: recipe and data from the command line, events to the terminal, results to files. */
import { openAsBlob } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageName } from '../src/engine/graph.ts';
import { type EngineDevice, requestEngineDevice } from '../src/engine/device.ts';
import { SubmitPacing } from '../src/engine/runtime/submitPacing.ts';
import type { ModelState, NamedTensors } from '../src/engine/stepRunner.ts';
import { readWeightsFile, writeWeightsFile } from '../src/exchange/weightsFile.ts';
import { initialWeights } from '../src/model/initialWeights.ts';
import { buildResNet } from '../src/model/resnet.ts';
import { setFields } from '../src/recipe/fieldText.ts';
import { findRecipeName, namedRecipes } from '../src/recipe/namedRecipes.ts';
import type { Recipe } from '../src/recipe/recipe.ts';
import { parseRecipe, type RecipeResult } from '../src/recipe/validate.ts';
import type { TrainerEvent } from '../src/train/events.ts';
import { createRun, emptyHistory, initialState, openTrainer } from '../src/train/openTrainer.ts';
import { runnerKinds, type RunnerKind } from '../src/train/runners.ts';
import { MemoryRunStore, type RunHistory } from '../src/train/runStore.ts';
import { dawn } from './dawn.ts';
import { type NodeSampleSource, openNodeDataset } from './nodeSampleSource.ts';

export interface TrainOptions {
  data: string;
  recipe: string;
  model?: string | undefined;
  set: string[];
  limit?: string | undefined;
  weights?: string | undefined;
  freeze: string;
  out?: string | undefined;
  runner: string;
  json: boolean;
}

/** Held out of each class where the data has no validation folder. */
export const validationFraction = 0.2;
const freezable: readonly StageName[] = ['stem', 'layer1', 'layer2', 'layer3', 'layer4'];

export async function train(options: TrainOptions): Promise<void> {
  const emit = options.json ? printJson : printText;
  const recipe = accept(await readRecipe(options));
  const frozenStages = options.freeze
    .split(',')
    .filter((name) => name !== '')
    .map(parseStage);
  const source = await openNodeDataset(options.data, { seed: recipe.seed, validationFraction });
  for (const { path, message } of source.problems)
    emit({ event: 'problem', kind: 'data', message: `${path}: ${message}` });
  const engine = await requestEngineDevice(dawn());
  if (!options.json) console.info(`${source.summary.name} on ${engine.adapterName}`);

  const weights =
    options.weights === undefined ? null : { file: await openAsBlob(options.weights), frozenStages };
  const finished = await trainInNode({
    ...{ recipe, source, engine, emit, weights },
    runner: parseRunner(options.runner),
  });
  if (options.out !== undefined) await saveRun(options.out, finished);
}

export interface NodeRun {
  recipe: Recipe;
  source: NodeSampleSource;
  engine: EngineDevice;
  runner: RunnerKind;
  /** A weights file to start from; null: fresh weights by seed. */
  weights: { file: Blob; frozenStages: readonly StageName[] } | null;
  emit: (event: TrainerEvent) => void;
}

export interface FinishedRun {
  adapter: string;
  recipe: Recipe;
  classes: string[];
  history: RunHistory;
  state: ModelState;
}

/** Trains a recipe to its end, in memory. */
export async function trainInNode({
  recipe,
  source,
  engine,
  runner: kind,
  weights,
  emit,
}: NodeRun): Promise<FinishedRun> {
  const record = createRun(recipe, source, weights?.frozenStages ?? [], kind, 'cli');
  const classCount = record.classes.length;
  const fresh = initialWeights(buildResNet(recipe.model, classCount), recipe.seed);
  const start =
    weights === null
      ? fresh
      : await readWeightsFile(weights.file, { model: recipe.model, classCount }, fresh);
  const history = emptyHistory();
  const state = initialState(recipe, classCount, start);
  const store = new MemoryRunStore();
  // No page is drawn beside it.
  const pacing = new SubmitPacing(false);
  const { trainer, runner } = await openTrainer({
    ...{ engine, source, store, record, history, state, pacing, emit },
  });
  try {
    await trainer.run();
    const { adapterName: adapter } = engine;
    return { adapter, recipe, classes: record.classes, history, state: await runner.readState() };
  } finally {
    trainer.destroy();
    runner.destroy();
  }
}

/** Writes weights.safetensors, weights-ema.safetensors where there is an EMA, and metrics.json. */
export async function saveRun(out: string, finished: FinishedRun): Promise<void> {
  const { adapter, recipe, classes, history, state } = finished;
  await mkdir(out, { recursive: true });
  const save = async (name: string, tensors: NamedTensors) => {
    const parts = writeWeightsFile(recipe.model, classes.length, tensors, {
      classes: JSON.stringify(classes),
    });
    await writeFile(join(out, name), Buffer.concat(parts));
  };
  await save('weights.safetensors', state.weights);
  if (state.ema !== null) await save('weights-ema.safetensors', state.ema);
  const metrics = { adapter, recipe, classes, ...history };
  await writeFile(join(out, 'metrics.json'), `${JSON.stringify(metrics, null, 1)}\n`);
}

async function readRecipe({ recipe, model, limit, set }: TrainOptions): Promise<RecipeResult> {
  const named = findRecipeName(recipe);
  const parsed: RecipeResult =
    named === null
      ? parseRecipe(JSON.parse(await readFile(recipe, 'utf8')) as unknown)
      : { ok: true, recipe: namedRecipes[named].recipe };
  const assignments = [
    ...(model === undefined ? [] : [`model=${model}`]),
    ...(limit === undefined ? [] : [`limit=${limit}`]),
    ...set,
  ];
  return parsed.ok ? setFields(parsed.recipe, assignments) : parsed;
}

export function accept(result: RecipeResult) {
  if (result.ok) return result.recipe;
  throw new Error(result.problems.map(({ message }) => message).join('\n'));
}

function parseStage(name: string): StageName {
  const stage = freezable.find((known) => known === name);
  if (stage === undefined)
    throw new Error(`--freeze ${name}: no such stage. Use any of ${freezable.join(', ')}.`);
  return stage;
}

export function parseRunner(name: string): RunnerKind {
  const kind = runnerKinds.find((known) => known === name);
  if (kind !== undefined) return kind;
  throw new Error(`--runner ${name}: use one of ${runnerKinds.join(', ')}.`);
}

export function printJson(event: TrainerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

export function printText(event: TrainerEvent): void {
  const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
  if (event.event === 'step' && event.step % 10 === 0) {
    console.info(
      `step ${event.step}  epoch ${event.epoch}  loss ${event.loss.toFixed(4)}  ${event.imagesPerSecond.toFixed(1)} images/s  ${Math.round(event.secondsLeft)} s left`,
    );
  } else if (event.event === 'evaluation') {
    console.info(
      `epoch ${event.epoch}  train loss ${event.trainLoss.toFixed(4)}  validation loss ${event.valLoss.toFixed(4)}  top-1 ${percent(event.top1)}  top-5 ${percent(event.top5)}  EMA top-1 ${percent(event.emaTop1)}`,
    );
  } else if (event.event === 'problem') {
    console.error(event.message);
  }
}
