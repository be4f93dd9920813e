/** Light or dark: the system's choice unless the person made one, which is remembered on this machine. */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'tabtrain:theme';

export const theme = signal<Theme>(storedTheme());
/** Rises whenever colours change, for what is drawn on canvases. */
export const colourVersion = signal(0);

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    // A private window may refuse storage; the system's choice is a good one.
    return 'system';
  }
}

export function isDark(): boolean {
  return theme.value === 'system'
    ? matchMedia('(prefers-color-scheme: dark)').matches
    : theme.value === 'dark';
}

/** Switches to the other appearance; back to following the system when that is the system's own. */
export function toggleTheme(): void {
  const wanted = isDark() ? 'light' : 'dark';
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  theme.value = wanted === system ? 'system' : wanted;
}

export function followTheme(): void {
  effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = chosen;
    try {
      if (chosen === 'system') localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, chosen);
    } catch {
      // Not remembered in a private window; it still applies to this visit.
    }
    colourVersion.value = colourVersion.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colourVersion.value += 1;
  });
}
