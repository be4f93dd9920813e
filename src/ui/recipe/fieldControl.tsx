/** One field of the recipe: its control, its default, its torchvision flag, and what is wrong with it. */
import { useState } from 'preact/hooks';
import { recipeFields, type RecipeFieldName } from '../../recipe/fields.ts';
import { meaningOfNull, type RecipeField } from '../../recipe/fieldTypes.ts';
import { namedRecipes } from '../../recipe/namedRecipes.ts';
import { valueOfText, type RecipeStore } from '../state/recipeStore.ts';

interface FieldControlProps {
  store: RecipeStore;
  name: RecipeFieldName;
}

export function FieldControl({ store, name }: FieldControlProps) {
  const field: RecipeField = recipeFields[name];
  const preset = namedRecipes[store.presetName.value].recipe[name];
  const changed = store.changed.value.includes(name);
  const problem = store.problemAt(name);
  const id = `field-${name}`;
  const descriptionId = `${id}-description`;
  const problemId = `${id}-problem`;
  const described = problem === null ? descriptionId : `${problemId} ${descriptionId}`;
  return (
    <div class="field" data-changed={changed} data-field={name}>
      <div class="field-head">
        <label class="field-label" for={id}>
          {field.label}
        </label>
        {changed && (
          <button
            type="button"
            class="reset-button"
            title={`Back to ${shownValue(preset, field)}`}
            aria-label={`Reset ${field.label} to ${shownValue(preset, field)}`}
            onClick={() => store.reset(name)}
          >
            ↺
          </button>
        )}
      </div>
      <Control store={store} name={name} field={field} id={id} described={described} bad={problem !== null} />
      <p class="tip" id={descriptionId} role="tooltip">
        {field.help} Preset: {shownValue(preset, field)}.{' '}
        {field.flag === null ? 'Tabtrain only.' : <code>{field.flag}</code>}
      </p>
      {problem !== null && (
        <p class="field-problem" id={problemId}>
          {problem}
        </p>
      )}
    </div>
  );
}

interface ControlProps extends FieldControlProps {
  field: RecipeField;
  id: string;
  described: string;
  bad: boolean;
}

function Control({ store, name, field, id, described, bad }: ControlProps) {
  const value = store.entered.value[name];
  // What is being typed: "0." is a step on the way to 0.1 and must not be tidied to "0".
  const [typed, setTyped] = useState<string | null>(null);
  switch (field.kind) {
    case 'boolean':
      return (
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          aria-describedby={described}
          onChange={(event) => store.set(name, event.currentTarget.checked)}
        />
      );
    case 'choice': {
      const emptyWord = meaningOfNull(field);
      return (
        <select
          id={id}
          value={textOfValue(value)}
          aria-describedby={described}
          aria-invalid={bad}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            store.set(name, chosen === '' ? null : chosen);
          }}
        >
          {emptyWord !== null && <option value="">{emptyWord}</option>}
          {field.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      );
    }
    case 'integer':
    case 'number':
      return (
        <input
          id={id}
          type="text"
          inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
          autoComplete="off"
          class="figures"
          value={typed ?? textOfValue(value)}
          placeholder={meaningOfNull(field) ?? ''}
          aria-describedby={described}
          aria-invalid={bad}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            store.set(name, valueOfText(name, event.currentTarget.value));
          }}
          onBlur={() => setTyped(null)}
          onKeyDown={(event) => {
            const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
            if (direction === undefined || typeof value !== 'number') return;
            event.preventDefault();
            setTyped(null);
            const stepped = Number((value + direction * field.step).toPrecision(12));
            store.set(name, Math.min(field.max, Math.max(field.min, stepped)));
          }}
        />
      );
  }
}

/** A value as the form shows it. */
function shownValue(value: unknown, field: RecipeField): string {
  if (value === null) return meaningOfNull(field) ?? 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return textOfValue(value);
}

/** A value as a control holds it: the entered text where it was no number. */
function textOfValue(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
