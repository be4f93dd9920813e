/** Every operation at a bin and sign of one's choice, live. */
import {
  magnitudeBins,
  magnitudeKind,
  operationOfBin,
  pixelOperationNames,
} from '../../augment/trivialAugment.ts';
import { operationCode } from '../../augment/torchvisionCode.ts';
import { Message } from '../parts/message.tsx';
import { binText, magnitudeText, operationText } from './describe.ts';
import type { InspectStore } from './inspectStore.ts';
import { PictureCanvas } from './pictureCanvas.tsx';

export function OperationsTab({ store }: { store: InspectStore }) {
  const { operation: name, bin, negative } = store.address.value;
  const answer = store.operations.answer.value;
  const operation = operationOfBin(name, bin, negative);
  const kind = magnitudeKind(name);
  const [before, after] = [answer?.answer[0], answer?.answer[pixelOperationNames.indexOf(name)]];
  return (
    <div class="operations">
      {store.operations.error.value !== null && <Message kind="bad">{store.operations.error.value}</Message>}
      <section class="panel operation-bench" aria-labelledby="operation-title">
        <header class="panel-head">
          <h2 id="operation-title">{operationText(operation)}</h2>
          <p class="panel-summary figures">{binText(operation)}</p>
        </header>
        <div class="before-after">
          {before !== undefined && (
            <figure>
              <PictureCanvas picture={before} label="Before the operation" />
              <figcaption class="note">before</figcaption>
            </figure>
          )}
          {after !== undefined && (
            <figure>
              <PictureCanvas picture={after} label={`After ${operationText(operation)}`} />
              <figcaption class="note">after</figcaption>
            </figure>
          )}
        </div>
        <div class="magnitude" data-disabled={kind === 'none'}>
          <label for="magnitude-bin" class="field-label">
            Magnitude bin
          </label>
          <input
            id="magnitude-bin"
            type="range"
            min={0}
            max={magnitudeBins - 1}
            step={1}
            value={bin}
            disabled={kind === 'none'}
            aria-valuetext={`${bin} of ${magnitudeBins - 1}${kind === 'none' ? '' : `, ${magnitudeText(operation)}`}`}
            onInput={(event) => store.set({ bin: event.currentTarget.valueAsNumber })}
          />
          <output class="figures" for="magnitude-bin">
            {bin}
          </output>
          <div class="segmented small" role="group" aria-label="Sign">
            {[false, true].map((isNegative) => (
              <button
                key={String(isNegative)}
                type="button"
                aria-label={isNegative ? 'negative' : 'positive'}
                aria-pressed={kind === 'signed' && negative === isNegative}
                disabled={kind !== 'signed'}
                onClick={() => store.set({ negative: isNegative })}
              >
                {isNegative ? '−' : '+'}
              </button>
            ))}
          </div>
        </div>
        <pre class="code one-line" role="region" tabIndex={0} aria-label="torchvision code">
          <code>{operationCode(operation)}</code>
        </pre>
        {kind === 'none' && <p class="note">This operation has no magnitude.</p>}
        {kind === 'unsigned' && <p class="note">This operation has no sign.</p>}
      </section>
      <ol
        class="operation-grid"
        aria-label="All operations at this bin"
        aria-busy={store.operations.busy.value}
      >
        {pixelOperationNames.map((each, i) => {
          const picture = answer?.answer[i];
          const shown = operationOfBin(each, bin, negative);
          return (
            <li key={each}>
              <button
                type="button"
                class="draw-cell"
                aria-pressed={each === name}
                onClick={() => store.set({ operation: each })}
              >
                {picture === undefined ? (
                  <span class="draw-missing" />
                ) : (
                  <PictureCanvas picture={picture} label="" />
                )}
                <span class="draw-caption figures">
                  <span>{each}</span> <span class="muted">{magnitudeText(shown)}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
