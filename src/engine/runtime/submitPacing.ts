/**
 * How much work goes into one submit, so that the page is drawn while the GPU trains: a GPU changes between
 * programs at the end of a submit, and what the compositor sends waits for it.
 *
 * Work is counted in floating-point operations, traffic included (`dispatchWork`). How long that takes is measured on
 * the steps that come by. Where submits end changes no result.
 */

/** Milliseconds of a submit while the page is visible: two frames. */
const visibleMs = 30;
/** While nobody looks; far below the two seconds after which Windows resets a GPU. */
const hiddenMs = 250;

/** Until the first measurement: a weak graphics processor's 100 GFLOP/s. */
const weakWorkPerMs = 100e6;

/** Operations a GPU does in the time it moves one byte, roughly: what makes elementwise kernels count. */
const workPerByte = 8;

/** How much the latest measurement counts against the earlier ones. */
const share = 0.25;

/** @param bytes of everything the dispatch binds */
export function dispatchWork(flops: number, bytes: number): number {
  return flops + workPerByte * bytes;
}

export class SubmitPacing {
  private workPerMs: number | null = null;
  private lastDoneMs = -Infinity;

  /** @param isPageVisible false where there is no page, as in Node */
  constructor(public isPageVisible = true) {}

  /** How much work the next submits may hold each. */
  get workPerSubmit(): number {
    return (this.workPerMs ?? weakWorkPerMs) * (this.isPageVisible ? visibleMs : hiddenMs);
  }

  /**
   * Learns from work that is done. Work queued behind other work is timed from where that ended.
   * @param submittedMs and @param doneMs as performance.now() gives them; tell of work in the order it was submitted
   */
  observe(work: number, submittedMs: number, doneMs: number): void {
    const elapsedMs = doneMs - Math.max(submittedMs, this.lastDoneMs);
    this.lastDoneMs = doneMs;
    // Two results that arrive together were not timed apart.
    if (elapsedMs < 0.1) return;
    const measured = work / elapsedMs;
    this.workPerMs =
      this.workPerMs === null ? measured : this.workPerMs + share * (measured - this.workPerMs);
  }
}
