/** 3 Recipe: preset, what was changed, the learning-rate curve, and every field. */
import { useState } from 'preact/hooks';
import { recipeFieldNames, recipeFields, type RecipeFieldName } from '../../recipe/fields.ts';
import type { FieldGroup } from '../../recipe/fieldTypes.ts';
import { suggestLinearScaling } from '../../recipe/learningRate.ts';
import { middleRungNames, namedRecipes, recipeNames } from '../../recipe/namedRecipes.ts';
import { presetNames } from '../../recipe/presets.ts';
import { emptyRepetition } from '../../recipe/repeatedAugmentation.ts';
import { defaultAddress, formatAddress, lookSettingsOf } from '../augment/address.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { counted } from '../../format.ts';
import type { RecipeStore } from '../state/recipeStore.ts';
import { CommandLineDialog } from './commandLineDialog.tsx';
import { FieldControl } from './fieldControl.tsx';
import { LearningRatePreview } from './learningRatePreview.tsx';
import { RecipeFileButtons } from './recipeFileButtons.tsx';

/** The fields that matter in a first run; the rest is folded. */
const mainFields: readonly RecipeFieldName[] = [
  'epochs',
  'batchSize',
  'lr',
  'trainCropSize',
  'limit',
  'seed',
];

/** The model has a panel of its own. */
const elsewhere: readonly RecipeFieldName[] = ['model'];

const groupTitles: Record<FieldGroup, string> = {
  run: 'Run',
  optimizer: 'Optimizer',
  schedule: 'Learning-rate schedule',
  regularisation: 'Regularisation',
  augmentation: 'Augmentation',
  ema: 'Average of the weights (EMA)',
  sizes: 'Image sizes',
};

export function RecipePanel({ app }: { app: AppState }) {
  const { recipe } = app;
  const [commandLineOpen, setCommandLineOpen] = useState(false);
  const preset = namedRecipes[recipe.presetName.value];
  return (
    <Panel id="recipe" number={3} title="Recipe" summary={<Changes recipe={recipe} />}>
      <label class="field">
        <span class="visually-hidden">Preset</span>
        <select
          value={recipe.presetName.value}
          onChange={(event) => {
            const name = recipeNames.find((candidate) => candidate === event.currentTarget.value);
            if (name !== undefined) recipe.choosePreset(name);
          }}
        >
          {presetNames.map((name) => (
            <option key={name} value={name}>
              {namedRecipes[name].title}
            </option>
          ))}
          <optgroup label="The ladder from Baseline to Reference">
            {middleRungNames.map((name) => (
              <option key={name} value={name}>
                {namedRecipes[name].title}
              </option>
            ))}
          </optgroup>
        </select>
        <span class="field-help">{preset.description}</span>
      </label>

      <LinkMessage app={app} />
      <EmptyRepetition app={app} />
      <LearningRatePreview recipe={recipe.recipe.value} />
      <div class="field-grid">
        {mainFields.map((name) => (
          <FieldControl key={name} store={recipe} name={name} />
        ))}
      </div>
      <LinearScaling recipe={recipe} />

      <details class="fold">
        <summary>All fields</summary>
        {Object.entries(groupTitles).map(([group, title]) => (
          <fieldset key={group} class="field-group">
            <legend>{title}</legend>
            <div class="field-grid">
              {recipeFieldNames
                .filter((name) => recipeFields[name].group === group)
                .filter((name) => !mainFields.includes(name) && !elsewhere.includes(name))
                .map((name) => (
                  <FieldControl key={name} store={recipe} name={name} />
                ))}
            </div>
          </fieldset>
        ))}
      </details>
      <div class="button-row">
        <button type="button" class="button quiet" onClick={() => setCommandLineOpen(true)}>
          Command line
        </button>
        <RecipeFileButtons recipe={recipe} />
        <a
          class="quiet-link"
          href={`#/augment?${formatAddress({ ...defaultAddress, settings: lookSettingsOf(recipe.recipe.value), seed: recipe.recipe.value.seed })}`}
        >
          See the augmentation
        </a>
      </div>
      {commandLineOpen && <CommandLineDialog recipe={recipe} onClose={() => setCommandLineOpen(false)} />}
    </Panel>
  );
}

/** What became of the recipe in the page's address. */
function LinkMessage({ app }: { app: AppState }) {
  const link = app.link.value;
  if (link === null) return null;
  return (
    <Message kind={link.isTaken ? 'note' : 'bad'} onDismiss={() => (app.link.value = null)}>
      <p>
        {link.isTaken ? 'This recipe came with the link.' : 'The recipe of the link was not taken, because:'}
      </p>
      {link.messages.length > 0 && (
        <ul>
          {link.messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </Message>
  );
}

function Changes({ recipe }: { recipe: RecipeStore }) {
  const changed = recipe.changed.value;
  if (changed.length === 0) return <span>as the preset</span>;
  return (
    <>
      <span title={changed.map((name) => recipeFields[name].label).join(', ')}>
        changed: {counted(changed.length, 'field')}
      </span>
      <button type="button" class="link-button" onClick={() => recipe.resetAll()}>
        Reset all
      </button>
    </>
  );
}

/** Repeated augmentation that leaves nothing of the data set, with one button that takes it as it is. */
function EmptyRepetition({ app: { recipe, data } }: { app: AppState }) {
  const dataset = data.selected.value;
  if (dataset === null) return null;
  const images = dataset.trainPerClass.reduce((sum, count) => sum + count, 0);
  const { limit } = recipe.recipe.value;
  const message = emptyRepetition(recipe.recipe.value, Math.min(images, limit ?? Infinity));
  if (message === null) return null;
  return (
    <Message kind="warn">
      <p>{message}</p>
      <button type="button" class="button" onClick={() => recipe.set('raTruncate', false)}>
        Keep as many as there are
      </button>
    </Message>
  );
}

/** Another learning rate where the global batch is not the preset's. */
function LinearScaling({ recipe }: { recipe: RecipeStore }) {
  const suggestion = suggestLinearScaling(recipe.recipe.value, namedRecipes[recipe.presetName.value].recipe);
  if (suggestion === null) return null;
  return (
    <Message kind="note">
      <p>{suggestion.message}</p>
      <button type="button" class="button" onClick={() => recipe.set('lr', suggestion.lr)}>
        Use {suggestion.lr}
      </button>
    </Message>
  );
}
