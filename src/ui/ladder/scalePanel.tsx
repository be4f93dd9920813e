/** On which data and how small the ladder is trained. */
import { useState } from 'preact/hooks';
import { meaningOfNull } from '../../recipe/fieldTypes.ts';
import { defaultScale, scaleFieldNames, scaleFields, type ScaleFieldName } from '../../recipe/ladderScale.ts';
import { modelNames } from '../../recipe/recipe.ts';
import { counted, formatCount, modelTitle } from '../../format.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { isUnfinished } from '../state/ladderQueue.ts';
import type { LadderStore } from '../state/ladderStore.ts';

export function ScalePanel({ app }: { app: AppState }) {
  const { ladder } = app;
  const queue = ladder.queue.value;
  const locked = queue !== null && isUnfinished(queue);
  const problem = ladder.scaleProblems.value.get('model');
  const isDefault = Object.entries(defaultScale).every(
    ([name, value]) => ladder.enteredScale.value[name] === value,
  );
  return (
    <Panel id="ladder-scale" number={1} title="Scale" summary={<DatasetSummaryLine app={app} />}>
      <fieldset disabled={locked} class="scale-fields">
        <label class="field">
          <span class="field-label">Model</span>
          <select
            value={String(ladder.enteredScale.value['model'])}
            aria-invalid={problem !== undefined}
            onChange={(event) => ladder.setScale('model', event.currentTarget.value)}
          >
            {modelNames.map((name) => (
              <option key={name} value={name}>
                {modelTitle(name)}
              </option>
            ))}
          </select>
        </label>
        {scaleFieldNames.map((name) => (
          <ScaleField key={name} ladder={ladder} name={name} />
        ))}
      </fieldset>
      <p class="note">
        Every rung has the same model, images and batch. Sizes, schedules, learning rate and the span of the
        average keep the proportion they have on ImageNet.{' '}
        {!isDefault && !locked && (
          <button
            type="button"
            class="link-button"
            onClick={() => {
              for (const [name, value] of Object.entries(defaultScale))
                ladder.setScale(name as keyof typeof defaultScale, value);
            }}
          >
            Back to the defaults
          </button>
        )}
      </p>
    </Panel>
  );
}

function DatasetSummaryLine({ app }: { app: AppState }) {
  const dataset = app.data.selected.value;
  if (dataset === null) {
    return (
      <span>
        No data yet: <a href="#/train">choose or import some</a>
      </span>
    );
  }
  const images = dataset.trainPerClass.reduce((sum, count) => sum + count, 0);
  return (
    <>
      <span data-testid="ladder-data">
        {dataset.name}, {counted(dataset.classes.length, 'class', 'classes')}, {formatCount(images)} training
        images
      </span>
      <a href="#/train">Other data</a>
    </>
  );
}

function ScaleField({ ladder, name }: { ladder: LadderStore; name: ScaleFieldName }) {
  const field = scaleFields[name];
  const value = ladder.enteredScale.value[name];
  const [typed, setTyped] = useState<string | null>(null);
  const problem = ladder.scaleProblems.value.get(name);
  const id = `scale-${name}`;
  const emptyWord = meaningOfNull({ ...field, flag: null, group: 'run' });
  const shown = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return (
    <div class="field" data-changed={value !== defaultScale[name]}>
      <div class="field-head">
        <label class="field-label" for={id}>
          {field.label}
        </label>
      </div>
      <input
        id={id}
        type="text"
        inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
        autoComplete="off"
        class="figures"
        value={typed ?? shown}
        placeholder={emptyWord ?? ''}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? `${id}-help` : `${id}-problem`}
        onInput={(event) => {
          const text = event.currentTarget.value;
          setTyped(text);
          ladder.setScale(name, valueOf(text, emptyWord !== null));
        }}
        onBlur={() => setTyped(null)}
      />
      <p class="tip" id={`${id}-help`} role="tooltip">
        {field.help}
      </p>
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** A number, null where the field may be empty, else the text itself for the message. */
function valueOf(text: string, mayBeEmpty: boolean): unknown {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return mayBeEmpty ? null : '';
  const value = Number(trimmed);
  return Number.isNaN(value) ? text.trim() : value;
}
