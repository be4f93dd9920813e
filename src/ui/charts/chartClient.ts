/** The page's end of the charts' thread: one thread a panel, gone with it. */
import * as Comlink from 'comlink';
import { signal } from '@preact/signals';
import type { ChartDrawerApi, ChartLook, DrawnArea } from '../../charts/chartApi.ts';
import type { ChartId } from '../../charts/chartSeries.ts';
import type { ChartTable } from '../../charts/chartTable.ts';
import { messageOf } from '../../format.ts';

export class ChartClient {
  /** Where x lies on each chart as it was last drawn. */
  readonly areas = signal<Partial<Record<ChartId, DrawnArea>>>({});
  /** Why nothing is drawn; null while all is well. */
  readonly failure = signal<string | null>(null);
  #worker: Worker;
  #drawer: Comlink.Remote<ChartDrawerApi>;

  constructor() {
    this.#worker = new Worker(new URL('../../../workers/charts.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('error', (event) => {
      // A script that does not load says nothing more.
      this.#fail(event.message === '' ? 'its script did not load' : event.message);
    });
    this.#drawer = Comlink.wrap(this.#worker);
  }

  attach(chart: ChartId, canvas: HTMLCanvasElement): void {
    const offscreen = canvas.transferControlToOffscreen();
    this.#drawer.attach(chart, Comlink.transfer(offscreen, [offscreen])).catch(this.#fail);
  }

  setLook(chart: ChartId, look: ChartLook): void {
    this.#drawer.setLook(chart, look).then((area) => {
      this.areas.value = { ...this.areas.peek(), [chart]: area };
    }, this.#fail);
  }

  /** Resolves when the charts are drawn. */
  async show(table: ChartTable): Promise<void> {
    try {
      this.areas.value = await this.#drawer.show(table);
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#worker.terminate();
  }

  #fail = (reason: unknown): void => {
    this.failure.value = `The curves cannot be drawn: ${messageOf(reason)}. The run goes on and its numbers are kept; reload the page, or read the table.`;
  };
}
