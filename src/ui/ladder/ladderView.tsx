/** The ladder: 13 changes from the baseline to the reference, trained here one after the other. */
import { useEffect, useMemo } from 'preact/hooks';
import { rungs } from '../../recipe/ladder.ts';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import { GainsPanel } from './gainsPanel.tsx';
import { NotesPanel } from './notesPanel.tsx';
import { QueuePanel } from './queuePanel.tsx';
import { seriesRuns, storedSeries } from './results.ts';
import { RungsPanel } from './rungsPanel.tsx';
import { ScalePanel } from './scalePanel.tsx';

export function LadderView({ app }: { app: AppState }) {
  const { ladder, runs } = app;
  useEffect(() => void runs.load(), [runs]);
  const list = runs.runs.value;
  const seriesId = ladder.chosenSeries.value ?? ladder.queue.value?.id ?? storedSeries(list)[0]?.id ?? null;
  const results = useMemo(() => seriesRuns(list, seriesId), [list, seriesId]);
  const first = rungs[0];
  const last = rungs.at(-1);
  return (
    <div class="ladder-view">
      <header class="ladder-lead">
        <h2>The ladder</h2>
        <p class="muted">
          torchvision’s ResNet-50 went from {first?.acc1.toFixed(1)} to {last?.acc1.toFixed(1)} % on ImageNet
          in 12 steps. Train any of them, small, on your own data, and see which pay off there.
        </p>
      </header>
      {ladder.notice.value !== null && (
        <Message kind="warn" onDismiss={() => (ladder.notice.value = null)}>
          {ladder.notice.value}
        </Message>
      )}
      {runs.error.value !== null && <Message kind="bad">{runs.error.value}</Message>}
      <ScalePanel app={app} />
      <QueuePanel app={app} />
      <RungsPanel app={app} results={results} seriesId={seriesId} />
      <GainsPanel app={app} results={results} />
      <NotesPanel />
    </div>
  );
}
