/**
 * Draws charts one at a time, each in a short task of its own, so that none keeps the page's other work waiting:
 * with all charts in one animation frame, event handling during a real run took 4 ms at the 99th percentile, with
 * this 0.3 to 0.8 ms (docs/BENCHMARKS.md, "The page's own work while it trains"). Nothing is drawn in a hidden tab.
 */

const pauseMs = 20;

const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | null = null;

/** Calls `draw` soon, once however often it is asked for until then. */
export function requestDraw(draw: () => void): void {
  waiting.add(draw);
  schedule();
}

export function cancelDraw(draw: () => void): void {
  waiting.delete(draw);
}

function schedule(): void {
  if (timer !== null || waiting.size === 0) return;
  timer = setTimeout(drawNext, pauseMs);
}

function drawNext(): void {
  timer = null;
  if (document.hidden) {
    document.addEventListener('visibilitychange', schedule, { once: true });
    return;
  }
  const [draw] = waiting;
  if (draw === undefined) return;
  waiting.delete(draw);
  schedule();
  draw();
}
