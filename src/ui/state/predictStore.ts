/**
 * Try your own image: the prediction for one picture, renewed while the run goes on. Requests never overlap,
 * so a slow machine is asked less often instead of falling behind.
 */
import { signal } from '@preact/signals';
import type { Prediction, TrainerApi, WeightsKind } from '../../protocol.ts';
import { messageOf } from '../../format.ts';

export class PredictStore {
  readonly image = signal<{ blob: Blob; url: string; name: string } | null>(null);
  readonly weights = signal<WeightsKind>('raw');
  readonly prediction = signal<Prediction | null>(null);
  readonly error = signal<string | null>(null);
  readonly busy = signal(false);
  #again = false;

  constructor(private readonly trainer: TrainerApi) {}

  setImage(blob: Blob, name: string): void {
    const previous = this.image.value;
    if (previous !== null) URL.revokeObjectURL(previous.url);
    this.image.value = { blob, url: URL.createObjectURL(blob), name };
    this.prediction.value = null;
    void this.refresh();
  }

  setWeights(weights: WeightsKind): void {
    this.weights.value = weights;
    void this.refresh();
  }

  /** Asks for the prediction by the weights as they are now. */
  async refresh(): Promise<void> {
    const image = this.image.peek();
    if (image === null) return;
    if (this.busy.peek()) {
      this.#again = true;
      return;
    }
    this.busy.value = true;
    try {
      const prediction = await this.trainer.predict(image.blob, this.weights.peek());
      if (this.image.peek() === image) {
        this.prediction.value = prediction;
        this.error.value = null;
      }
    } catch (error) {
      if (this.image.peek() === image) {
        this.prediction.value = null;
        this.error.value = messageOf(error);
      }
    } finally {
      this.busy.value = false;
    }
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }
}
