/** A grid of draws; the chosen one as a filmstrip, with what was drawn how often and the same as torchvision code. */
import { formatCount } from '../../format.ts';
import type { DrawnSampleView } from '../../protocol.ts';
import { Message } from '../parts/message.tsx';
import { drawCountChoices } from './address.ts';
import { CodePanel } from './codePanel.tsx';
import { CountsPanel } from './countsPanel.tsx';
import { drawText, mixText, operationText } from './describe.ts';
import { Filmstrip } from './filmstrip.tsx';
import type { InspectStore } from './inspectStore.ts';
import { PictureCanvas } from './pictureCanvas.tsx';
import { SeedBar } from './settingsPanel.tsx';
import { partnerTitle } from './subjectTitle.ts';

export function DrawsTab({ store }: { store: InspectStore }) {
  const { count, selected, settings } = store.address.value;
  const drawn = store.draws.answer.value;
  const samples = drawn?.answer ?? [];
  const mixes = settings.mixupAlpha > 0 || settings.cutmixAlpha > 0;
  return (
    <div class="draws">
      <div class="draw-tools">
        <SeedBar store={store} />
        <div class="segmented small" role="group" aria-label="Draws in the grid">
          {drawCountChoices.map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={count === choice}
              onClick={() => store.set({ count: choice })}
            >
              {choice}
            </button>
          ))}
        </div>
      </div>
      {store.draws.error.value !== null && <Message kind="bad">{store.draws.error.value}</Message>}
      <ol class="draw-grid" aria-label="Draws" aria-busy={store.draws.busy.value} data-count={count}>
        {samples.map((sample, i) => (
          <DrawCell
            key={i}
            sample={sample}
            number={i}
            isSelected={i === selected}
            onSelect={() => store.set({ selected: i })}
          />
        ))}
        {samples.length === 0 &&
          Array.from({ length: count }, (_, i) => <li key={i} class="draw-missing" aria-hidden="true" />)}
      </ol>
      {mixes && (
        <p class="note">
          Each draw is shown as in a batch of its own, mixed with “{partnerTitle(store)}”. A training batch
          has one mixture for all its images.
        </p>
      )}
      <Filmstrip store={store} />
      <div class="draw-details">
        <CountsPanel store={store} />
        <CodePanel store={store} />
      </div>
    </div>
  );
}

interface DrawCellProps {
  sample: DrawnSampleView;
  number: number;
  isSelected: boolean;
  onSelect: () => void;
}

function DrawCell({ sample, number, isSelected, onSelect }: DrawCellProps) {
  const { parameters, mix, picture } = sample;
  const text = drawText(parameters, mix);
  return (
    <li>
      <button type="button" class="draw-cell" aria-pressed={isSelected} title={text} onClick={onSelect}>
        <PictureCanvas picture={picture} label="" />
        <span class="visually-hidden">Draw {formatCount(number)}: </span>
        <span class="draw-caption figures">
          <span>{parameters.operation === null ? 'crop' : operationText(parameters.operation)}</span>{' '}
          <span class="muted">
            {[
              ...(parameters.flipHorizontally ? ['flip'] : []),
              ...(parameters.erase === null ? [] : ['erase']),
              ...(mix === null ? [] : [mixText(mix)]),
            ].join(', ')}
          </span>
        </span>
      </button>
    </li>
  );
}
