/** The published gains beside yours, as bars with their numbers, each column to a scale of its own. */
import type { RunSummary } from '../../protocol.ts';
import { type RungName, rungs } from '../../recipe/ladder.ts';
import { type Gain, ladderGains } from '../../recipe/ladderGains.ts';
import { formatPoints } from '../../format.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { chancePoints, finishedScores, score } from './results.ts';

/** Validation images of a run with a limit, at most (src/train/evaluate.ts). */
const validationLimit = 1000;

export function GainsPanel({ app, results }: { app: AppState; results: ReadonlyMap<RungName, RunSummary> }) {
  const all = ladderGains(finishedScores(results));
  const trained = all.filter(({ yours }) => yours !== null);
  const published = niceLimit(all.map((gain) => gain.published));
  const yours = niceLimit(trained.map((gain) => gain.yours ?? 0));
  return (
    <Panel
      id="ladder-gains"
      title="Gains, published and yours"
      summary={<ChanceNote app={app} results={results} />}
    >
      <table class="gains figures" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Rung
            </th>
            <th role="columnheader" scope="col" colSpan={2}>
              ImageNet, points of top-1 <small>(bars to {published})</small>
            </th>
            <th role="columnheader" scope="col" colSpan={2}>
              Yours{' '}
              <small>{trained.length === 0 ? '(none trained yet)' : `(bars to ${String(yours)})`}</small>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {all.map((gain) => (
            <GainRow key={gain.rung.name} gain={gain} published={published} yours={yours} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function GainRow({ gain, published, yours }: { gain: Gain; published: number; yours: number }) {
  const number = rungs.indexOf(gain.rung) + 1;
  const fromNumber = rungs.indexOf(gain.from) + 1;
  return (
    <tr role="row" data-trained={gain.yours !== null}>
      <th role="rowheader" scope="row">
        <span class="rung-number">{number}</span>{' '}
        <span>
          {gain.rung.title}
          {fromNumber !== number - 1 && <small> against {fromNumber}</small>}
        </span>
      </th>
      <td role="cell" class="number">
        {formatPoints(gain.published)}
      </td>
      <td role="cell" class="bar-cell">
        <Bar points={gain.published} limit={published} kind="published" />
      </td>
      <td role="cell" class="number">
        {gain.yours === null ? '' : formatPoints(gain.yours, 1)}
      </td>
      <td role="cell" class="bar-cell">
        {gain.yours !== null && <Bar points={gain.yours} limit={yours} kind="yours" />}
      </td>
    </tr>
  );
}

/** Yours from the middle to the right for a gain, to the left for a loss; the published ones are all gains. */
function Bar({ points, limit, kind }: { points: number; limit: number; kind: 'published' | 'yours' }) {
  const share = Math.min(1, Math.abs(points) / limit);
  const [zero, room] = kind === 'published' ? [0, 100] : [50, 50];
  const left = points < 0 ? zero - room * share : zero;
  return (
    <span class={`gain-track ${kind}`} aria-hidden="true">
      <span class="gain-bar" style={{ left: `${String(left)}%`, width: `${String(room * share)}%` }} />
    </span>
  );
}

/** 1, 2, 5, 10, … points: the first that holds all. */
function niceLimit(points: readonly number[]): number {
  const largest = Math.max(...points.map(Math.abs), 0.1);
  const power = 10 ** Math.floor(Math.log10(largest));
  return Number(([1, 2, 5, 10].find((factor) => factor * power >= largest) ?? 10).toPrecision(1)) * power;
}

/** How much of a difference is nothing but chance. */
function ChanceNote({ app, results }: { app: AppState; results: ReadonlyMap<RungName, RunSummary> }) {
  const run = [...results.values()].find((result) => result.lastEvaluation !== null);
  const dataset = app.data.datasets.value.find(({ id }) => id === run?.datasetId);
  const points = run === undefined ? null : score(run);
  if (run === undefined || dataset === undefined || points === null) return null;
  const stored = dataset.validationPerClass.reduce((sum, count) => sum + count, 0);
  const images = run.recipe.limit === null ? stored : Math.min(stored, validationLimit);
  return (
    <span>
      With {images} validation images, under {chancePoints(points / 100, images).toFixed(1)} points may be
      chance
    </span>
  );
}
