/** What computes the next run's steps: the engine unless the person chose another; remembered here. */
import { effect, signal } from '@preact/signals';
import type { RunnerKind } from '../../protocol.ts';

const storageKey = 'tabtrain:runner';

export const runnerChoice = signal<RunnerKind>(stored());

function stored(): RunnerKind {
  try {
    const chosen = localStorage.getItem(storageKey);
    return chosen === 'tfjs' || chosen === 'engine-f16' ? chosen : 'engine';
  } catch {
    // A private window may refuse storage; the engine is a good choice.
    return 'engine';
  }
}

export function rememberRunnerChoice(): void {
  effect(() => {
    const chosen = runnerChoice.value;
    try {
      if (chosen === 'engine') localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, chosen);
    } catch {
      // Not remembered in a private window; it still applies to this visit.
    }
  });
}
