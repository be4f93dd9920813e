/** What is done to the image: the augmentation of a recipe, and the seed of its draws. */
import { useState } from 'preact/hooks';
import { recipeFields } from '../../recipe/fields.ts';
import { presetNames, presets } from '../../recipe/presets.ts';
import { readFieldText } from '../../recipe/fieldText.ts';
import type { LookSettings } from '../../protocol.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { formatAddress, lookSettingsOf, settingNames, settingProblems } from './address.ts';
import type { InspectStore } from './inspectStore.ts';
import { NumberEntry } from './numberEntry.tsx';

const fromTrain = 'train';
const own = 'own';

export function SettingsPanel({ app, store }: { app: AppState; store: InspectStore }) {
  const { settings } = store.address.value;
  const known = presetNames.find((name) => sameSettings(lookSettingsOf(presets[name].recipe), settings));
  const edited = lookSettingsOf(app.recipe.recipe.value);
  const chosen = known ?? (sameSettings(edited, settings) ? fromTrain : own);
  return (
    <Panel id="look-settings" title="Recipe">
      <label class="field">
        <span class="visually-hidden">Recipe</span>
        <select
          value={chosen}
          onChange={(event) => {
            const name = presetNames.find((candidate) => candidate === event.currentTarget.value);
            if (name !== undefined) store.setSettings(lookSettingsOf(presets[name].recipe));
            if (event.currentTarget.value === fromTrain) store.setSettings(edited);
          }}
        >
          {presetNames.map((name) => (
            <option key={name} value={name}>
              {presets[name].title}
            </option>
          ))}
          <option value={fromTrain}>As edited in Train</option>
          {chosen === own && <option value={own}>Changed here</option>}
        </select>
      </label>
      <div class="field-grid look-fields">
        {settingNames.map((name) => (
          <SettingField key={name} store={store} name={name} />
        ))}
      </div>
    </Panel>
  );
}

function sameSettings(a: LookSettings, b: LookSettings): boolean {
  return settingNames.every((name) => a[name] === b[name]);
}

/** One setting. What is wrong stays in the field with a message, and the pictures stay as they were. */
function SettingField({ store, name }: { store: InspectStore; name: keyof LookSettings }) {
  const { settings } = store.address.value;
  const field = recipeFields[name];
  const [wrong, setWrong] = useState<{ text: string; message: string; beside: LookSettings } | null>(null);
  const shown = wrong !== null && wrong.beside === settings ? wrong : null;
  const id = `look-${name}`;
  const enter = (value: unknown, text: string) => {
    const next = { ...settings, [name]: value };
    const problems = settingProblems(next);
    const message = problems.get(name) ?? [...problems.values()][0];
    if (message !== undefined) {
      setWrong({ text, message, beside: settings });
      return;
    }
    setWrong(null);
    store.setSettings(next);
  };
  if (field.kind === 'choice') {
    return (
      <label class="field" for={id} title={field.help}>
        <span class="field-label">TrivialAugment</span>
        <input
          id={id}
          type="checkbox"
          checked={settings.autoAugment !== null}
          onChange={(event) => enter(event.currentTarget.checked ? 'ta_wide' : null, '')}
        />
      </label>
    );
  }
  return (
    <div class="field" title={field.help}>
      <label class="field-label" for={id}>
        {field.label}
      </label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        min={field.min}
        max={field.max}
        step="any"
        value={shown?.text ?? String(settings[name])}
        aria-invalid={shown !== null}
        aria-describedby={shown === null ? undefined : `${id}-problem`}
        onInput={(event) => {
          const text = event.currentTarget.value;
          enter(readFieldText(name, text), text);
        }}
      />
      {shown !== null && (
        <span class="field-problem" id={`${id}-problem`} role="alert">
          {shown.message}
        </span>
      )}
    </div>
  );
}

/** The seed of the draws, and the link that reproduces the view. */
export function SeedBar({ store }: { store: InspectStore }) {
  const { seed, seedLocked } = store.address.value;
  const [copied, setCopied] = useState<string | null>(null);
  const address = `${location.href.split('#')[0] ?? ''}#/augment?${formatAddress(store.address.value)}`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setCopied(address);
    } catch {
      // Browsers refuse the clipboard to pages that are not secure; the address bar has the link too.
      setCopied(null);
      prompt('Copy this link:', address);
    }
  };
  return (
    <div class="seed-bar" role="group" aria-label="Seed of the draws">
      <label class="seed-field">
        <span class="field-label">Seed</span>
        <NumberEntry
          value={seed}
          min={0}
          max={recipeFields.seed.max}
          disabled={seedLocked}
          onEnter={(entered) => store.set({ seed: entered })}
        />
      </label>
      <button
        type="button"
        class="button"
        aria-pressed={seedLocked}
        title="Keeps these draws when the image changes"
        onClick={() => store.set({ seedLocked: !seedLocked })}
      >
        {seedLocked ? 'Locked' : 'Lock'}
      </button>
      <button type="button" class="button primary" disabled={seedLocked} onClick={() => store.resample()}>
        Resample
      </button>
      <button type="button" class="button" onClick={() => void copy()}>
        {copied === address ? 'Link copied' : 'Copy link'}
      </button>
      <span class="visually-hidden" role="status">
        {copied === address ? 'The link was copied.' : ''}
      </span>
    </div>
  );
}
