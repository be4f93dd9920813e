/** The main view: the set-up on the left, what comes of it on the right; one column on a phone. */
import type { ComponentChildren } from 'preact';
import { CurvesPanel } from './charts/curvesPanel.tsx';
import { DataPanel } from './data/dataPanel.tsx';
import { TuningOffer } from './device/tuningOffer.tsx';
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
        <SetupScroller locked={app.active.value}>
          <DataPanel app={app} />
          <ModelPanel app={app} />
          <RecipePanel app={app} />
        </SetupScroller>
        <RunPanel app={app} />
      </div>
      <div class="results">
        <UnfinishedBanner app={app} />
        <TuningOffer app={app} />
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

/** The set-up scrolls by itself on a wide window; locked, it has no control that the keyboard could reach. */
function SetupScroller({ locked, children }: { locked: boolean; children: ComponentChildren }) {
  return (
    <div
      class="setup-fields"
      role="region"
      aria-label={locked ? 'Set-up of this run' : 'Set-up of the next run'}
      tabIndex={locked ? 0 : undefined}
    >
      <fieldset disabled={locked}>{children}</fieldset>
    </div>
  );
}
