/** The run in numbers. */
import type { ComponentChildren } from 'preact';
import type { AppState } from '../state/appState.ts';
import { formatClock, formatCount, formatDuration, formatRate, formatShare } from '../../format.ts';
import { isMoving } from '../state/runReducer.ts';

export function Figures({ app }: { app: AppState }) {
  const { step, evaluation, best, status } = app.run.view.value;
  const epochs = app.run.subject.value?.recipe.epochs ?? app.recipe.recipe.value.epochs;
  const totalSteps = step === null ? null : step.stepsPerEpoch * epochs;
  const moving = isMoving(status);
  const none = '–';
  return (
    <dl class="figure-strip figures" aria-label="The run in numbers">
      <Figure name="Epoch" id="epoch" of={epochs}>
        {step === null ? none : formatCount(Math.min(step.epoch + 1, epochs))}
      </Figure>
      <Figure name="Step" id="step" of={totalSteps}>
        {step === null ? none : formatCount(step.step)}
      </Figure>
      <Figure name="Images/s" id="images-per-second">
        {step === null || !moving ? none : formatRate(step.imagesPerSecond)}
      </Figure>
      <Figure name="Elapsed" id="elapsed">
        {step === null ? none : formatClock(step.elapsedSeconds)}
      </Figure>
      <Figure name="Left" id="seconds-left">
        {step === null || status === 'finished' || status === 'stopped'
          ? none
          : formatDuration(step.secondsLeft)}
      </Figure>
      <Figure name="Top-1" id="top1" small="raw">
        {evaluation === null ? none : formatShare(evaluation.top1)}
      </Figure>
      <Figure name="Top-1" id="ema-top1" small="EMA" accent>
        {evaluation?.emaTop1 === null || evaluation === null ? none : formatShare(evaluation.emaTop1)}
      </Figure>
      <Figure
        name="Best"
        id="best"
        small={best === null ? '' : `${best.weights === 'ema' ? 'EMA' : 'raw'}, epoch ${best.epoch + 1}`}
      >
        {best === null ? none : formatShare(best.top1)}
      </Figure>
    </dl>
  );
}

interface FigureProps {
  name: string;
  id: string;
  small?: string;
  /** The end of a count, shown small behind it. */
  of?: number | null;
  accent?: boolean;
  children: ComponentChildren;
}

function Figure({ name, id, small = '', of = null, accent = false, children }: FigureProps) {
  return (
    <div class="figure-cell" data-accent={accent}>
      <dt>
        {name} {small !== '' && <small>{small}</small>}
      </dt>
      <dd>
        <span data-testid={id}>{children}</span>
        {of !== null && <small> / {formatCount(of)}</small>}
      </dd>
    </div>
  );
}
