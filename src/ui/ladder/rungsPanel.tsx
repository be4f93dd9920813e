/** The 13 rungs as a table: what changes, why, what was published, what came out here. */
import type { RunSummary } from '../../protocol.ts';
import {
  changedArguments,
  type Rung,
  type RungName,
  rungNames,
  rungRecipe,
  rungs,
} from '../../recipe/ladder.ts';
import { type Gain, ladderGains } from '../../recipe/ladderGains.ts';
import { ladderRecipe } from '../../recipe/ladderScale.ts';
import { formatAgo, formatDuration, formatPoints } from '../../format.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { compareAddress } from '../state/route.ts';
import { defaultTicks } from '../state/ladderStorage.ts';
import { statusWord } from '../state/runReducer.ts';
import { finishedScores, storedSeries } from './results.ts';

interface RungsPanelProps {
  app: AppState;
  results: ReadonlyMap<RungName, RunSummary>;
  seriesId: string | null;
}

export function RungsPanel({ app, results, seriesId }: RungsPanelProps) {
  const { ladder } = app;
  const { ticked } = ladder;
  const allGains = ladderGains(finishedScores(results));
  const choose = (label: string, names: readonly RungName[]) => (
    <button type="button" class="link-button" onClick={() => ladder.tickAll(names)}>
      {label}
    </button>
  );
  return (
    <Panel
      id="ladder-rungs"
      number={3}
      title="Rungs"
      summary={
        <>
          <SeriesChoice app={app} seriesId={seriesId} />
          <span role="group" aria-label="Tick" class="tick-choice">
            {choose('All', rungNames)}
            {choose('First, middle, last', defaultTicks)}
            {choose('None', [])}
          </span>
        </>
      }
    >
      <table class="rung-table figures" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" class="cell-rung">
              Rung
            </th>
            <th role="columnheader" scope="col" class="cell-changes">
              Changes
            </th>
            <th role="columnheader" scope="col" class="number">
              ImageNet
            </th>
            <th role="columnheader" scope="col" class="number">
              Gain
            </th>
            <th role="columnheader" scope="col" class="number yours">
              Raw
            </th>
            <th role="columnheader" scope="col" class="number">
              EMA
            </th>
            <th role="columnheader" scope="col" class="number">
              Gain
            </th>
            <th role="columnheader" scope="col" class="cell-state">
              Here
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rungs.map((rung, i) => (
            <RungRow
              key={rung.name}
              app={app}
              rung={rung}
              index={i}
              run={results.get(rung.name)}
              gain={allGains[i - 1]}
              compared={comparedRun(allGains[i - 1], results)}
              isTicked={ticked.value.has(rung.name)}
            />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** The run that a rung's own gain is against. */
function comparedRun(
  gain: Gain | undefined,
  results: ReadonlyMap<RungName, RunSummary>,
): RunSummary | undefined {
  return gain === undefined || gain.yours === null ? undefined : results.get(gain.from.name);
}

function SeriesChoice({ app, seriesId }: { app: AppState; seriesId: string | null }) {
  const series = storedSeries(app.runs.runs.value);
  const others = series.filter(({ id }) => id !== seriesId);
  if (others.length === 0) return null;
  return (
    <label class="series-choice">
      <span>Results of</span>
      <select
        value={seriesId ?? ''}
        onChange={(event) => (app.ladder.chosenSeries.value = event.currentTarget.value)}
      >
        {!series.some(({ id }) => id === seriesId) && <option value={seriesId ?? ''}>nothing yet</option>}
        {series.map(({ id, datasetName, runCount, updatedAtMs }) => (
          <option key={id} value={id}>
            {datasetName}, {runCount} runs, {formatAgo(updatedAtMs, Date.now())}
          </option>
        ))}
      </select>
    </label>
  );
}

interface RungRowProps {
  app: AppState;
  rung: Rung;
  index: number;
  run: RunSummary | undefined;
  gain: Gain | undefined;
  compared: RunSummary | undefined;
  isTicked: boolean;
}

function RungRow({ app, rung, index, run, gain, compared, isTicked }: RungRowProps) {
  const before = rungs[index - 1];
  const live = app.run.view.value;
  const evaluation =
    run !== undefined && live.runId === run.id
      ? (live.evaluation ?? run.lastEvaluation)
      : run?.lastEvaluation;
  const share = (value: number | null | undefined) => (value == null ? '–' : (100 * value).toFixed(1));
  const isSkipping = gain !== undefined && gain.yours !== null && gain.from !== before;
  return (
    <tr role="row" data-rung={rung.name} data-ticked={isTicked}>
      <th role="rowheader" scope="row" class="cell-rung">
        <label class="rung-name">
          <input
            type="checkbox"
            checked={isTicked}
            onChange={(event) => app.ladder.tick(rung.name, event.currentTarget.checked)}
          />
          <span class="rung-number">{index + 1}</span>
          <span>{rung.title}</span>
        </label>
        <p class="rung-why">{rung.why}</p>
      </th>
      <td role="cell" class="cell-changes">
        <Changes app={app} rung={rung} before={before} />
      </td>
      <td role="cell" class="number" data-label="ImageNet">
        {rung.acc1.toFixed(2)}
      </td>
      <td role="cell" class="number" data-label="gain">
        {before === undefined ? '' : formatPoints(rung.acc1 - before.acc1)}
      </td>
      <td role="cell" class="number yours" data-label="yours" data-testid="raw">
        {share(evaluation?.top1)}
      </td>
      <td role="cell" class="number" data-label="EMA" data-testid="ema">
        {share(evaluation?.emaTop1)}
      </td>
      <td role="cell" class="number gain" data-label="gain" data-testid="gain">
        {gain === undefined || gain.yours === null ? (
          ''
        ) : (
          <>
            {formatPoints(gain.yours, 1)}
            {isSkipping && <small> to {rungs.indexOf(gain.from) + 1}</small>}
          </>
        )}
      </td>
      <td role="cell" class="cell-state">
        <State app={app} rung={rung} run={run} compared={compared} />
      </td>
    </tr>
  );
}

function Changes({ app, rung, before }: { app: AppState; rung: Rung; before: Rung | undefined }) {
  const series = app.ladder.series.value;
  if (before === undefined) return <span class="muted">–</span>;
  const published = changedArguments(rungRecipe(before.name), rungRecipe(rung.name));
  const scaled =
    series === null
      ? []
      : changedArguments(
          ladderRecipe(before.name, series.scale, series.trainImages),
          ladderRecipe(rung.name, series.scale, series.trainImages),
        );
  // What is the same here is not said twice.
  const other = scaled.filter((text) => !published.includes(text));
  return (
    <>
      <Arguments texts={published} />
      {other.length > 0 && (
        <div class="scaled-changes">
          <span>here</span>
          <Arguments texts={other} />
        </div>
      )}
      {series !== null && scaled.length === 0 && (
        <div class="scaled-changes">
          <span>here nothing: it is too small a difference at this scale</span>
        </div>
      )}
    </>
  );
}

function Arguments({ texts }: { texts: readonly string[] }) {
  return (
    <ul class="change-list">
      {texts.map((text) => (
        <li key={text}>
          <code>{text}</code>
        </li>
      ))}
    </ul>
  );
}

interface StateProps {
  app: AppState;
  rung: Rung;
  run: RunSummary | undefined;
  compared: RunSummary | undefined;
}

function State({ app, rung, run, compared }: StateProps) {
  const { ladder } = app;
  const isQueueShown =
    ladder.chosenSeries.value === null || ladder.chosenSeries.value === ladder.queue.value?.id;
  const item = isQueueShown ? ladder.queue.value?.items.find((other) => other.rung === rung.name) : undefined;
  const estimate = ladder.estimates.value.get(rung.name);
  const live = app.run.view.value;
  if (item?.status === 'waiting') {
    return (
      <>
        <span class="muted">waits</span>{' '}
        <button
          type="button"
          class="link-button"
          aria-label={`Remove ${rung.title} from the queue`}
          disabled={!ladder.isOwner.value}
          onClick={() => ladder.remove(rung.name)}
        >
          Remove
        </button>
      </>
    );
  }
  if (item?.status === 'running') {
    const isLive = live.runId === item.runId;
    const epoch =
      isLive && live.step !== null
        ? `epoch ${String(live.step.epoch + 1)} of ${String(app.run.subject.value?.recipe.epochs ?? '')}`
        : 'beginning';
    return <strong class="running">{isLive && live.status === 'paused' ? 'paused' : epoch}</strong>;
  }
  if (item?.status === 'failed') return <p class="bad-text">failed: {item.message}</p>;
  if (run !== undefined) {
    const word = item?.status === 'skipped' ? 'skipped' : statusWord(run.status);
    return (
      <>
        {run.status !== 'finished' && <span class="muted">{word} </span>}
        <a href={`#/runs/${encodeURIComponent(run.id)}`} aria-label={`Curves of ${rung.title}`}>
          Curves
        </a>{' '}
        {compared !== undefined && (
          <a
            href={compareAddress(compared.id, run.id)}
            aria-label={`Compare ${rung.title} with the rung its gain is against`}
          >
            Compare
          </a>
        )}
      </>
    );
  }
  if (item !== undefined)
    return <span class="muted">{item.status === 'done' ? 'run deleted' : item.status}</span>;
  if (estimate === undefined) return null;
  if (estimate.refusal !== null) return <p class="bad-text">{estimate.refusal}</p>;
  return <span class="muted">about {formatDuration(estimate.totalSeconds)}</span>;
}
