/** 2 Model: which network, and what its weights start from. */
import { recipeFields } from '../../recipe/fields.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { formatParameters, modelTitle } from '../../format.ts';
import { StartFrom } from './startFrom.tsx';

export function ModelPanel({ app }: { app: AppState }) {
  const { recipe } = app;
  const current = recipe.recipe.value;
  const estimate = app.estimate.value;
  return (
    <Panel
      id="model"
      number={2}
      title="Model"
      summary={
        <>
          <span>{modelTitle(current.model)}</span>
          {estimate !== null && (
            <span class="figures" data-testid="parameter-count">
              {formatParameters(estimate.parameterCount)} parameters
            </span>
          )}
        </>
      }
    >
      <fieldset class="radio-row">
        <legend class="visually-hidden">Layers of the ResNet</legend>
        {recipeFields.model.options.map((model) => (
          <label key={model} class="radio-chip" title={`${modelTitle(model)} (--model ${model})`}>
            <input
              type="radio"
              name="model"
              value={model}
              aria-label={modelTitle(model)}
              checked={current.model === model}
              onChange={() => recipe.set('model', model)}
            />
            <span>{model.replace('resnet', '')}</span>
          </label>
        ))}
      </fieldset>
      <StartFrom app={app} />
    </Panel>
  );
}
