/**
 * Marks of first steps. A step that is too large may close the tab or the graphics driver before anything can be said,
 * so it is noted before it begins and struck out once it is done; what is left then lowers the next suggestion.
 */
import type { EngineDevice } from '../engine/device.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { stepMemory } from './estimate.ts';
import type { RunnerKind } from './runners.ts';
import type { RunRecord, RunStore } from './runStore.ts';

/**
 * A first step that was begun and is not known to have ended well: what is left of it after a reload closed the tab
 * or the graphics driver.
 */
export interface Attempt {
  adapter: string;
  runner: RunnerKind;
  model: Recipe['model'];
  /** Images of one batch, as one rank or micro-batch has them. */
  batchSize: number;
  trainCropSize: number;
  /** What the step was estimated to take. */
  gpuBytes: number;
}

/** Whether a step of `larger` that ended well says that `attempt` does, too. */
export function covers(larger: Attempt, attempt: Attempt): boolean {
  return (
    attempt.adapter === larger.adapter &&
    attempt.runner === larger.runner &&
    attempt.gpuBytes <= larger.gpuBytes
  );
}

/** The first step of an opened run. Where marks cannot be stored, training goes on: the status has said so. */
export class FirstStep {
  private readonly attempt: Attempt;
  private isOver = false;

  constructor(
    { recipe, runner, classes }: RunRecord,
    { adapterName }: EngineDevice,
    private readonly openStore: () => Promise<RunStore>,
  ) {
    this.attempt = {
      adapter: adapterName,
      runner,
      model: recipe.model,
      batchSize: recipe.microBatchSize ?? recipe.batchSize,
      trainCropSize: recipe.trainCropSize,
      gpuBytes: stepMemory(runner, recipe, classes.length).bytes,
    };
  }

  /** Resolves when the mark is stored. */
  async begin(): Promise<void> {
    if (this.isOver) return;
    await this.openStore()
      .then((store) => store.beginAttempt(this.attempt))
      .catch(() => undefined);
  }

  /** It is done, or failed for another reason than its size. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.openStore()
      .then((store) => store.endAttempt(this.attempt))
      .catch(() => undefined);
  }
}
