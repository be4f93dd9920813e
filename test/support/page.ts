/** A page's side of the trainer, with runs in IndexedDB (import fake-indexeddb/auto first), for tests. */
import type { EngineDevice } from '../../src/engine/device.ts';
import { presets } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import type { TrainerEvent } from '../../src/train/events.ts';
import { IndexedDbRunStore } from '../../src/train/indexedDbRunStore.ts';
import { TrainerService } from '../../src/train/trainerService.ts';
import { TuningStore } from '../../src/train/tuningStore.ts';
import { ColourSource } from './colourSource.ts';
import { createTestDevice } from './gpu.ts';

/** Nine steps in three epochs. */
export const smallRecipe: Recipe = {
  ...presets['quick-start'].recipe,
  epochs: 3,
  batchSize: 4,
  trainCropSize: 32,
  valResizeSize: 32,
  valCropSize: 32,
};

/**
 * A page: its events, and the trainer it talks to. Another one is what a reload gives, but for the device: it is the
 * test process's, whose kernels are compiled already, unless `request` asks for another.
 */
export class Page {
  readonly events: TrainerEvent[] = [];
  readonly devices: EngineDevice[] = [];
  readonly service: TrainerService;
  private waiting: { count: number; resolve: () => void } | null = null;

  constructor(request: () => Promise<EngineDevice> = createTestDevice) {
    this.service = new TrainerService({
      requestDevice: async () => {
        const engine = await request();
        this.devices.push(engine);
        return engine;
      },
      openSource: () => Promise.resolve(new ColourSource(10, 3)),
      openStore: () => IndexedDbRunStore.open(),
      decodeImage: async () => {
        const [image] = await new ColourSource().decode('validation', [0]);
        if (image === undefined) throw new Error('No image.');
        return image;
      },
      openTunings: () => TuningStore.open(),
      browser: 'test',
      memoryBudgetBytes: 4 * 2 ** 30,
    });
    void this.service.subscribe((event) => {
      this.events.push(event);
      if (this.waiting !== null && this.steps().length >= this.waiting.count) this.waiting.resolve();
    });
  }

  steps() {
    return this.events.filter((event) => event.event === 'step');
  }

  status() {
    return this.events.filter((event) => event.event === 'status').at(-1)?.status;
  }

  async untilSteps(count: number): Promise<void> {
    await new Promise<void>((resolve) => (this.waiting = { count, resolve }));
  }

  async untilStatus(status: string): Promise<void> {
    while (this.status() !== status) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
