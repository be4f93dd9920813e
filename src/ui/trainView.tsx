/** The main view: the set-up on the left, what comes of it on the right; one column on a phone. */
import { CurvesPanel } from './charts/curvesPanel.tsx';
import { DataPanel } from './data/dataPanel.tsx';
import { ModelPanel } from './model/modelPanel.tsx';
import { RecipePanel } from './recipe/recipePanel.tsx';
import { DeviceNotice } from './parts/deviceNotice.tsx';
import { Figures } from './run/figures.tsx';
import { RunPanel } from './run/runPanel.tsx';
import { TryImagePanel } from './run/tryImagePanel.tsx';
import { UnfinishedBanner } from './run/unfinishedBanner.tsx';
import { ValidationImagesPanel } from './run/validationImagesPanel.tsx';
import type { AppState } from './state/appState.ts';

export function TrainView({ app }: { app: AppState }) {
  const subject = app.run.subject.value;
  return (
    <div class="train-layout" data-active={app.active.value}>
      <DeviceNotice app={app} />
      <div class="setup">
        <fieldset class="setup-fields" disabled={app.active.value}>
          <legend class="visually-hidden">Set-up of the next run</legend>
          <DataPanel app={app} />
          <ModelPanel app={app} />
          <RecipePanel app={app} />
        </fieldset>
        <RunPanel app={app} />
      </div>
      <div class="results">
        <UnfinishedBanner app={app} />
        <Figures app={app} />
        <CurvesPanel
          curves={app.run.curves}
          classCount={subject?.classes.length ?? app.data.selected.value?.classes.length ?? null}
          title={subject === null ? null : subject.datasetName}
        />
        <div class="pictures">
          <ValidationImagesPanel app={app} />
          <TryImagePanel app={app} />
        </div>
      </div>
    </div>
  );
}
