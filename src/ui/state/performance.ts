/**
 * What the page itself costs while a run goes on: durations of event handling and of chart updates, and the
 * long tasks the browser reports. The numbers are kept in fixed memory, whatever the length of the run.
 */

export type MeasureName = 'tabtrain:events' | 'tabtrain:charts';

export interface DurationReport {
  count: number;
  /** Milliseconds, over the latest 4,096 measurements; 0 when there is none. */
  p50Ms: number;
  p99Ms: number;
  /** Milliseconds, over all measurements. */
  worstMs: number;
}

export interface PerformanceReport {
  events: DurationReport;
  charts: DurationReport;
  /** Events and charts together: every handler of the page. */
  handlers: DurationReport;
  longTasks: {
    /** False where the browser does not report long tasks (Safari, Firefox). */
    supported: boolean;
    count: number;
    worstMs: number;
  };
}

const ringSize = 4096;
/** User-timing entries are visible to tools, but the browser never drops them by itself. */
const entriesKept = 512;

/** Durations of one kind: the latest in a ring for percentiles, count and worst over all. */
export class DurationStatistics {
  #ring = new Float64Array(ringSize);
  #count = 0;
  #worstMs = 0;

  add(durationMs: number): void {
    this.#ring[this.#count % ringSize] = durationMs;
    this.#count += 1;
    if (durationMs > this.#worstMs) this.#worstMs = durationMs;
  }

  get count(): number {
    return this.#count;
  }

  report(): DurationReport {
    const sorted = this.#ring.slice(0, Math.min(this.#count, ringSize)).sort();
    const percentile = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return {
      count: this.#count,
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
      worstMs: this.#worstMs,
    };
  }
}

const statistics: Record<MeasureName, DurationStatistics> = {
  'tabtrain:events': new DurationStatistics(),
  'tabtrain:charts': new DurationStatistics(),
};

const handlers = new DurationStatistics();

const longTasks = { supported: false, count: 0, worstMs: 0 };

/** Runs `work` and records its duration under `name`, also where it throws. */
export function measured<Result>(name: MeasureName, work: () => Result): Result {
  const start = performance.now();
  try {
    return work();
  } finally {
    const end = performance.now();
    const kept = statistics[name];
    kept.add(end - start);
    handlers.add(end - start);
    performance.measure(name, { start, end });
    if (kept.count % entriesKept === 0) performance.clearMeasures(name);
  }
}

/** Begins to count the browser's long tasks (over 50 ms on the main thread), where it reports them. */
export function observeLongTasks(): void {
  if (longTasks.supported || !PerformanceObserver.supportedEntryTypes.includes('longtask')) return;
  longTasks.supported = true;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      longTasks.count += 1;
      longTasks.worstMs = Math.max(longTasks.worstMs, entry.duration);
    }
  }).observe({ type: 'longtask' });
}

export function performanceReport(): PerformanceReport {
  return {
    events: statistics['tabtrain:events'].report(),
    charts: statistics['tabtrain:charts'].report(),
    handlers: handlers.report(),
    longTasks: { ...longTasks },
  };
}
