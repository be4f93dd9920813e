/** The views and their addresses: `#/train`, `#/augment?…`, `#/runs`, `#/runs/<id>`, `#/device`. */
import { signal, type ReadonlySignal } from '@preact/signals';

export type Route =
  | { view: 'train' }
  /** The query is what the inspector shows (augment/address.ts). */
  | { view: 'augment'; query: string }
  | { view: 'runs'; runId: string | null }
  | { view: 'device' };

/** Unknown addresses lead to the training view. */
export function parseRoute(hash: string): Route {
  const [path = '', ...query] = hash.replace(/^#\/?/, '').split('?');
  const [view, id] = path.split('/');
  if (view === 'augment') return { view, query: query.join('?') };
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
