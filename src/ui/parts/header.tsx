/** The top of every view: name, views, and what the run is doing. */
import { useMemo } from 'preact/hooks';
import type { AppState } from '../state/appState.ts';
import { formatDuration, formatRate } from '../../format.ts';
import { isMoving, statusWord } from '../state/runReducer.ts';
import { isDark, theme, toggleTheme } from '../state/theme.ts';
import { createAnnouncement } from '../state/watch.ts';

const tabs = [
  { view: 'train', label: 'Train' },
  { view: 'augment', label: 'Augment' },
  { view: 'ladder', label: 'Ladder' },
  { view: 'runs', label: 'Runs' },
  { view: 'device', label: 'Device' },
] as const;

export function Header({ app }: { app: AppState }) {
  const current = app.route.value.view;
  const announcement = useMemo(() => createAnnouncement(app), [app]);
  return (
    <header class="header">
      <a class="skip-link" href="#main" onClick={focusMain}>
        Skip to content
      </a>
      <h1 class="wordmark">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M5 6c2 13 7 18 22 19" />
          <path class="second" d="M5 26c5-1 8-10 22-12" />
        </svg>
        Tabtrain
      </h1>
      <nav aria-label="Views" class="tabs">
        {tabs.map(({ view, label }) => (
          <a key={view} href={`#/${view}`} aria-current={current === view ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <RunStatusLine app={app} />
      <ThemeButton />
      <p class="visually-hidden" role="status" aria-live="polite">
        {announcement}
      </p>
    </header>
  );
}

/** The address is the view's: the link must move the focus without changing it. */
function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function RunStatusLine({ app }: { app: AppState }) {
  const view = app.run.view.value;
  const epochs = app.run.subject.value?.recipe.epochs ?? 0;
  const moving = isMoving(view.status);
  const parts: string[] = [];
  if (view.step !== null && view.status !== 'idle') {
    parts.push(`epoch ${Math.min(view.step.epoch + 1, epochs)}/${epochs}`);
    if (moving) {
      parts.push(`${formatRate(view.step.imagesPerSecond)} images/s`);
      parts.push(`${formatDuration(view.step.secondsLeft)} left`);
    }
  }
  return (
    <p class="run-status" data-testid="run-status" data-status={view.status}>
      <span class="lamp" aria-hidden="true" />
      <span class="run-status-word">{statusWord(view.status)}</span>
      {parts.map((part) => (
        <span class="run-status-part" key={part.replace(/[\d.,/]+/g, '')}>
          {part}
        </span>
      ))}
    </p>
  );
}

function ThemeButton() {
  // Read so that the button is drawn again when the choice changes.
  const chosen = theme.value;
  const next = isDark() ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="icon-button"
      title={`Switch to ${next} colours`}
      aria-label={`Switch to ${next} colours`}
      data-chosen={chosen}
      onClick={toggleTheme}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="6.5" />
        <path class="filled" d="M10 3.5a6.5 6.5 0 0 1 0 13z" />
      </svg>
    </button>
  );
}
