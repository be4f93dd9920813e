/** Two runs side by side: what differs in their recipes, what came out, and their curves over one axis. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EvaluationEvent, RunHistory, RunSummary } from '../../protocol.ts';
import { formatClock, formatLoss, formatPoints, formatShare, messageOf, modelTitle } from '../../format.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { compareAddress } from '../state/route.ts';
import { statusWord } from '../state/runReducer.ts';
import { ComparisonFigure } from './comparisonFigure.tsx';
import { type ComparisonAxis, comparisonLines, recipeDifferences, verdict } from './comparison.ts';
import { rungTitle } from './queuePanel.tsx';

interface Compared {
  summary: RunSummary;
  history: RunHistory;
}

export function CompareView({ app, runIds }: { app: AppState; runIds: readonly [string, string] }) {
  const { runs } = app;
  const [pair, setPair] = useState<{ a: Compared; b: Compared } | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const load = async () => {
      await runs.load();
      const [a, b] = await Promise.all(runIds.map((id) => find(app, id)));
      if (a !== undefined && b !== undefined) setPair({ a, b });
    };
    load().catch((reason: unknown) => setError(messageOf(reason)));
  }, []);
  return (
    <div class="compare-view">
      <header class="ladder-lead">
        <h2>Two runs side by side</h2>
        <p class="muted">
          <a href="#/runs">All runs</a> · <a href="#/ladder">The ladder</a> ·{' '}
          <a href={compareAddress(runIds[1], runIds[0])}>Swap</a>
        </p>
      </header>
      {error !== null && <Message kind="bad">{error}</Message>}
      {pair !== null && <Comparison {...pair} />}
    </div>
  );
}

async function find(app: AppState, id: string): Promise<Compared> {
  const summary = app.runs.runs.value.find((run) => run.id === id);
  if (summary === undefined) {
    throw new Error(
      app.runs.error.value ??
        `The run ${id} is not stored in this browser: choose two under Runs. Runs are never sent, so a link to a comparison works only where they were trained.`,
    );
  }
  return { summary, history: await app.backend.trainer.history(id) };
}

function runTitle({ recipe, datasetName, ladder }: RunSummary): string {
  return ladder === undefined ? `${modelTitle(recipe.model)} on ${datasetName}` : rungTitle(ladder.rung);
}

function Comparison({ a, b }: { a: Compared; b: Compared }) {
  const [axis, setAxis] = useState<ComparisonAxis>('epoch');
  const differences = recipeDifferences(a.summary.recipe, b.summary.recipe);
  const curves = {
    a: { history: a.history, epochs: a.summary.recipe.epochs },
    b: { history: b.history, epochs: b.summary.recipe.epochs },
  };
  const formatX = (x: number) =>
    axis === 'share' ? `${String(Math.round(x * 100))} %` : Number.isInteger(x) ? String(x) : '';
  return (
    <>
      <p class="verdict-line" data-testid="verdict">
        {verdict(a.summary, b.summary, differences)}
      </p>
      <div class="compare-tables">
        <Panel id="compare-recipes" title="Recipes">
          <table class="data-table compare-table figures">
            <Heads a={a.summary} b={b.summary} />
            <tbody>
              {differences.map(({ name, label, flag, a: first, b: second }) => (
                <tr key={name}>
                  <th scope="row">
                    {label} {flag !== null && <code class="muted">{flag}</code>}
                  </th>
                  <td>{first}</td>
                  <td>{second}</td>
                </tr>
              ))}
              {differences.length === 0 && (
                <tr>
                  <th scope="row">All fields</th>
                  <td>the same</td>
                  <td>the same</td>
                </tr>
              )}
            </tbody>
          </table>
        </Panel>
        <Panel id="compare-results" title="After the last epoch">
          <Results a={a} b={b} />
        </Panel>
      </div>
      <Panel
        id="compare-curves"
        title="Curves"
        summary={
          <span class="segmented small" role="group" aria-label="Horizontal axis">
            {(['epoch', 'share'] as const).map((name) => (
              <button key={name} type="button" aria-pressed={axis === name} onClick={() => setAxis(name)}>
                {name === 'epoch' ? 'epoch' : 'share of the run'}
              </button>
            ))}
          </span>
        }
      >
        <div class="comparison-figures">
          <ComparisonFigure
            chart="top1"
            title="Top-1"
            lines={comparisonLines('top1', axis, curves)}
            formatX={formatX}
            formatY={(y) => `${String(Number((100 * y).toFixed(1)))} %`}
          />
          <ComparisonFigure
            chart="loss"
            title="Loss"
            lines={comparisonLines('loss', axis, curves)}
            formatX={formatX}
            formatY={(y) => String(Number(y.toFixed(2)))}
          />
        </div>
        <EpochTable a={a} b={b} />
      </Panel>
    </>
  );
}

function Heads({ a, b, children }: { a: RunSummary; b: RunSummary; children?: ComponentChildren }) {
  const head = (letter: 'a' | 'b', run: RunSummary) => (
    <th scope="col">
      <a class="run-key" data-run={letter} href={`#/runs/${encodeURIComponent(run.id)}`}>
        <span class="run-letter">{letter.toUpperCase()}</span> {runTitle(run)}
      </a>
    </th>
  );
  return (
    <thead>
      <tr>
        <th scope="col">
          <span class="visually-hidden">What</span>
        </th>
        {head('a', a)}
        {head('b', b)}
        {children}
      </tr>
    </thead>
  );
}

function Results({ a, b }: { a: Compared; b: Compared }) {
  const first = a.history.evaluations.at(-1) ?? a.summary.lastEvaluation;
  const second = b.history.evaluations.at(-1) ?? b.summary.lastEvaluation;
  const row = (
    label: string,
    read: (evaluation: EvaluationEvent) => number | null,
    format: (value: number) => string,
    difference: (value: number) => string,
  ) => {
    const left = first === null ? null : read(first);
    const right = second === null ? null : read(second);
    return (
      <tr>
        <th scope="row">{label}</th>
        <td>{left === null ? '–' : format(left)}</td>
        <td>{right === null ? '–' : format(right)}</td>
        <td>{left === null || right === null ? '' : difference(right - left)}</td>
      </tr>
    );
  };
  const points = (value: number) => formatPoints(100 * value, 1);
  const plain = (value: number) => formatPoints(value, 3);
  return (
    <table class="data-table compare-table figures">
      <Heads a={a.summary} b={b.summary}>
        <th scope="col">B − A</th>
      </Heads>
      <tbody>
        {row('Top-1, raw', (e) => e.top1, formatShare, points)}
        {row('Top-1, EMA', (e) => e.emaTop1, formatShare, points)}
        {row('Top-5, raw', (e) => e.top5, formatShare, points)}
        {row('Validation loss, raw', (e) => e.valLoss, formatLoss, plain)}
        {row('Training top-1', (e) => e.trainTop1, formatShare, points)}
        {row('Training loss', (e) => e.trainLoss, formatLoss, plain)}
        {row(
          'Time',
          (e) => e.elapsedSeconds,
          formatClock,
          (value) => (value < 0 ? `−${formatClock(-value)}` : `+${formatClock(value)}`),
        )}
        <tr>
          <th scope="row">State</th>
          <td>{statusWord(a.summary.status)}</td>
          <td>{statusWord(b.summary.status)}</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

/** The numbers behind the lines. */
function EpochTable({ a, b }: { a: Compared; b: Compared }) {
  const count = Math.max(a.history.evaluations.length, b.history.evaluations.length);
  const share = (value: number | null | undefined) => (value == null ? '–' : formatShare(value));
  const loss = (value: number | null | undefined) => (value == null ? '–' : formatLoss(value));
  const names = ['Train loss', 'Val. loss', 'Val. top-1', 'EMA top-1'];
  return (
    <details class="fold">
      <summary>Every epoch as a table</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Evaluations of both runs">
        <table class="data-table figures">
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              {(['A', 'B'] as const).flatMap((run) =>
                names.map((name) => (
                  <th key={`${run} ${name}`} scope="col">
                    {run} {name}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: count }, (_, epoch) => (
              <tr key={epoch}>
                <th scope="row">{epoch + 1}</th>
                {[a, b].flatMap(({ history, summary }) => {
                  const row = history.evaluations[epoch];
                  return [
                    loss(row?.trainLoss),
                    loss(row?.valLoss),
                    share(row?.top1),
                    share(row?.emaTop1),
                  ].map((text, i) => <td key={`${summary.id} ${String(i)}`}>{text}</td>);
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
