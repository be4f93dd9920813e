/** The views and their addresses: `#/train`, `#/runs`, `#/runs/<id>`, `#/device`. */
import { signal, type ReadonlySignal } from '@preact/signals';

export type Route = { view: 'train' } | { view: 'runs'; runId: string | null } | { view: 'device' };

/** Unknown addresses lead to the training view. */
export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, '').split('/');
  if (view === 'runs') return { view, runId: id === undefined || id === '' ? null : decodeURIComponent(id) };
  if (view === 'device') return { view };
  return { view: 'train' };
}

/** The route as a signal that follows the address bar. */
export function createRoute(): ReadonlySignal<Route> {
  const route = signal(parseRoute(location.hash));
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
  return route;
}
