/** How often each thing was drawn, beside how often it is to be expected. */
import type { DrawCount } from '../../augment/drawCounts.ts';
import { formatCount } from '../../format.ts';
import { Panel } from '../parts/panel.tsx';
import type { InspectStore } from './inspectStore.ts';

const larger = [1000, 10_000] as const;

export function CountsPanel({ store }: { store: InspectStore }) {
  const counts = store.counts.answer.value?.answer ?? null;
  const { count } = store.address.value;
  const over = store.countedDraws.value;
  const rows = counts === null ? [] : [...counts.operations, ...counts.others];
  const most = Math.max(1, ...rows.flatMap((row) => [row.count, row.expected]));
  return (
    <Panel
      id="draw-counts"
      title="How often drawn"
      summary={
        <span class="segmented small" role="group" aria-label="Draws that are counted">
          {[null, ...larger].map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={over === choice}
              onClick={() => (store.countedDraws.value = choice)}
            >
              {choice === null ? `these ${count}` : formatCount(choice)}
            </button>
          ))}
        </span>
      }
    >
      {counts !== null && rows.length === 0 && (
        <p class="note">This recipe only crops: nothing is drawn that could be counted.</p>
      )}
      {counts !== null && rows.length > 0 && (
        <table class="counts-table figures">
          <thead>
            <tr>
              <th scope="col">Drawn</th>
              <th scope="col">
                <span class="visually-hidden">Bar</span>
              </th>
              <th scope="col">times</th>
              <th scope="col">expected</th>
            </tr>
          </thead>
          <CountRows rows={counts.operations} most={most} />
          <CountRows rows={counts.others} most={most} />
        </table>
      )}
    </Panel>
  );
}

function CountRows({ rows, most }: { rows: readonly DrawCount[]; most: number }) {
  if (rows.length === 0) return null;
  return (
    <tbody>
      {rows.map(({ name, count, expected }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class="count-bar" aria-hidden="true">
            <span style={{ width: `${(100 * count) / most}%` }} />
            <i style={{ left: `${(100 * expected) / most}%` }} />
          </td>
          <td>{formatCount(count)}</td>
          <td class="muted">{expected < 100 ? expected.toFixed(1) : formatCount(expected)}</td>
        </tr>
      ))}
    </tbody>
  );
}
