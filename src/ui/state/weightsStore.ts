/** What a run starts from: random weights, a file, or the weights of an earlier run; and what stays frozen. */
import { computed, signal } from '@preact/signals';
import type {
  FreezableStage,
  InitialWeights,
  TrainerApi,
  WeightsKind,
  WeightsReport,
} from '../../protocol.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { messageOf } from '../../format.ts';

export const freezableStages: readonly FreezableStage[] = ['stem', 'layer1', 'layer2', 'layer3', 'layer4'];

export type WeightsSource = 'random' | 'file' | 'run';

export class WeightsStore {
  readonly source = signal<WeightsSource>('random');
  readonly file = signal<{ blob: Blob; name: string } | null>(null);
  /** The run whose weights `file` holds, for the select of earlier runs. */
  readonly runId = signal<string | null>(null);
  readonly report = signal<WeightsReport | null>(null);
  readonly error = signal<string | null>(null);
  readonly loading = signal(false);
  /** How many stages from the input on are frozen, 0 to 5. */
  readonly frozenCount = signal(0);

  readonly frozenStages = computed<FreezableStage[]>(() =>
    this.source.value === 'random' ? [] : freezableStages.slice(0, this.frozenCount.value),
  );

  readonly initialWeights = computed<InitialWeights | null>(() => {
    const file = this.file.value;
    if (this.source.value === 'random' || file === null) return null;
    return { file: file.blob, fileName: file.name, frozenStages: this.frozenStages.value };
  });

  /** Why Train must wait for this panel; null when it need not. */
  readonly blocker = computed(() => {
    if (this.source.value === 'random') return null;
    if (this.loading.value) return 'The weights file is being read.';
    if (this.error.value !== null) return `The starting weights cannot be used: ${this.error.value}`;
    if (this.file.value !== null) return null;
    return this.source.value === 'file'
      ? 'Choose a weights file, or start from random weights.'
      : 'Choose an earlier run, or start from random weights.';
  });
  #inspection = 0;

  constructor(private readonly trainer: TrainerApi) {}

  setSource(source: WeightsSource): void {
    this.source.value = source;
    this.file.value = null;
    this.runId.value = null;
    this.report.value = null;
    this.error.value = null;
  }

  setFile(file: File): void {
    this.source.value = 'file';
    this.error.value = null;
    this.file.value = { blob: file, name: file.name };
  }

  /** Takes the weights of an earlier run. */
  async useRun(runId: string, kind: WeightsKind, title: string): Promise<void> {
    this.setSource('run');
    this.runId.value = runId;
    this.loading.value = true;
    try {
      const blob = await this.trainer.exportWeights(runId, kind);
      if (this.runId.value === runId) this.file.value = { blob, name: title };
    } catch (error) {
      if (this.runId.value === runId) this.error.value = messageOf(error);
    } finally {
      this.loading.value = false;
    }
  }

  /** Looks into the file: what is in it and what will happen. Asked again when the model or data change. */
  async inspect(recipe: Recipe, datasetId: string): Promise<void> {
    const file = this.file.value;
    this.#inspection += 1;
    const inspection = this.#inspection;
    if (file === null) return;
    this.loading.value = true;
    try {
      const report = await this.trainer.inspectWeights(file.blob, recipe, datasetId);
      if (inspection !== this.#inspection) return;
      this.report.value = report;
      this.error.value = null;
    } catch (error) {
      if (inspection !== this.#inspection) return;
      this.report.value = null;
      this.error.value = messageOf(error);
    } finally {
      if (inspection === this.#inspection) this.loading.value = false;
    }
  }
}
