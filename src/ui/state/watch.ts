/**
 * What the page does beside showing: the tab's title, the question before closing, the screen's wake lock,
 * storage that lasts, and the sentence that screen readers hear.
 */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { AppState } from './appState.ts';
import { formatShare } from '../../format.ts';
import { isMoving, statusWord, type RunView } from './runReducer.ts';

export function keepWatch(app: AppState): void {
  effect(() => {
    const title = tabTitle(app.run.view.value, app.run.subject.value?.recipe.epochs ?? 0);
    if (document.title !== title) document.title = title;
  });
  addEventListener('beforeunload', (event) => {
    if (isMoving(app.run.view.value.status) || app.unsavedPictures.value > 0) event.preventDefault();
  });
  // A file dropped beside its target would make the browser leave the page, and the run with it.
  for (const type of ['dragover', 'drop'] as const) {
    addEventListener(type, (event) => event.preventDefault());
  }
  const isTraining = computed(() => isMoving(app.run.view.value.status));
  const isVisible = pageVisibility();
  keepScreenOn(isTraining, isVisible);
  tellVisibility(app, isVisible);
  keepStorage(isTraining);
}

/**
 * Asks once, when there is something to lose, that the browser does not clear the page's data when space is
 * short. Chrome decides without a question; the Device view shows the answer.
 */
function keepStorage(wanted: ReadonlySignal<boolean>): void {
  // Not there outside secure contexts, whatever the types say.
  const { storage } = navigator as Partial<Navigator>;
  let asked = false;
  effect(() => {
    if (!wanted.value || asked || storage === undefined) return;
    asked = true;
    // A refusal changes nothing: checkpoints are written all the same.
    storage.persist().catch(() => false);
  });
}

/** "3/10 · 62.3 % · Tabtrain" while a run is there, else "Tabtrain". */
export function tabTitle(view: RunView, epochs: number): string {
  if (view.status === 'idle') return 'Tabtrain';
  const parts: string[] = [];
  if (isMoving(view.status) && view.step !== null) parts.push(`${view.step.epoch + 1}/${epochs}`);
  else parts.push(statusWord(view.status));
  if (view.evaluation !== null) {
    parts.push(formatShare(Math.max(view.evaluation.top1, view.evaluation.emaTop1 ?? 0)));
  }
  return [...parts, 'Tabtrain'].join(' · ');
}

/**
 * What a screen reader is told: each change of status and each finished epoch, not every step.
 */
export function createAnnouncement(app: AppState): ReadonlySignal<string> {
  const status = computed(() => app.run.view.value.status);
  const evaluation = computed(() => app.run.view.value.evaluation);
  const message = computed(() => app.run.view.value.message);
  const epochs = computed(() => app.run.subject.value?.recipe.epochs ?? 0);
  return computed(() => {
    if (status.value === 'idle') return '';
    const parts = [`Run ${statusWord(status.value)}.`, message.value];
    const latest = evaluation.value;
    if (latest !== null) {
      parts.push(
        `Epoch ${latest.epoch + 1} of ${epochs.value} done, validation top-1 ${formatShare(latest.top1)}.`,
      );
    }
    return parts.filter((part) => part !== '').join(' ');
  });
}

function pageVisibility(): ReadonlySignal<boolean> {
  const visible = signal(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', () => {
    visible.value = document.visibilityState === 'visible';
  });
  return visible;
}

/** The trainer leaves the GPU to the page more often while someone looks at it. */
function tellVisibility(app: AppState, visible: ReadonlySignal<boolean>): void {
  effect(() => {
    // A trainer that does not answer is reported elsewhere.
    app.backend.trainer.setPageVisible(visible.value).catch(() => undefined);
  });
}

/** Holds a wake lock while `wanted` and the page is visible; the browser releases it when the page hides. */
function keepScreenOn(wanted: ReadonlySignal<boolean>, visible: ReadonlySignal<boolean>): void {
  if (!('wakeLock' in navigator)) return;
  let held: Promise<WakeLockSentinel | null> | null = null;
  effect(() => {
    if (wanted.value && visible.value) {
      // Refused on a low battery: the run goes on all the same.
      held ??= navigator.wakeLock.request('screen').catch(() => null);
    } else if (held !== null) {
      void held.then((lock) => lock?.release());
      held = null;
    }
  });
}
