/**
 * The views and their addresses: `#/train`, `#/augment?…`, `#/ladder`, `#/runs`, `#/runs/<id>`, `#/compare/<id>/<id>`, `#/device`;
 * `#/train?preset=reference&epochs=3` opens with a recipe prepared (recipeLink.ts).
 */
import { signal, type ReadonlySignal } from '@preact/signals';

export type Route =
  | { view: 'train'; recipeLink: string | null }
  /** The query is what the inspector shows (augment/address.ts). */
  | { view: 'augment'; query: string }
  | { view: 'ladder' }
  | { view: 'runs'; runId: string | null }
  | { view: 'compare'; runIds: readonly [string, string] }
  | { view: 'device' };

/** Unknown addresses lead to the training view. */
export function parseRoute(hash: string): Route {
  const [path = '', ...rest] = hash.replace(/^#\/?/, '').split('?');
  const query = rest.join('?');
  const [view, ...ids] = path.split('/');
  const [first = '', second = ''] = ids.map(decoded);
  if (view === 'runs') return { view, runId: first === '' ? null : first };
  if (view === 'compare' && first !== '' && second !== '') return { view, runIds: [first, second] };
  if (view === 'augment') return { view, query };
  if (view === 'ladder' || view === 'device') return { view };
  return { view: 'train', recipeLink: query === '' ? null : query };
}

export function compareAddress(a: string, b: string): string {
  return `#/compare/${encodeURIComponent(a)}/${encodeURIComponent(b)}`;
}

/** An id that is not encoded as it should be names no run. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The route as a signal that follows the address bar. */
export function createRoute(): ReadonlySignal<Route> {
  const route = signal(parseRoute(location.hash));
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
  return route;
}
