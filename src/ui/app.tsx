/** The page: header, views by address, and what concerns all of them. */
import { render } from 'preact';
import type { Backend } from '../protocol.ts';
import { AugmentView } from './augment/augmentView.tsx';
import { CompareView } from './ladder/compareView.tsx';
import { LadderView } from './ladder/ladderView.tsx';
import { DeviceNotice } from './parts/deviceNotice.tsx';
import { Header } from './parts/header.tsx';
import { RunsView } from './runs/runsView.tsx';
import { DeviceView } from './device/deviceView.tsx';
import { AppState } from './state/appState.ts';
import { observeLongTasks } from './state/performance.ts';
import { rememberRunnerChoice } from './state/runnerChoice.ts';
import { followTheme } from './state/theme.ts';
import { keepWatch } from './state/watch.ts';
import { TrainView } from './trainView.tsx';

/** Where the demo set lies, relative to the page. */
const demoZipUrl = new URL('demo/emoji.zip', document.baseURI).href;

function App({ app }: { app: AppState }) {
  const route = app.route.value;
  return (
    <>
      <Header app={app} />
      <main id="main" tabIndex={-1}>
        {route.view !== 'train' && route.view !== 'augment' && <DeviceNotice app={app} />}
        {route.view === 'train' && <TrainView app={app} />}
        {route.view === 'augment' && <AugmentView app={app} query={route.query} />}
        {route.view === 'ladder' && <LadderView app={app} />}
        {route.view === 'compare' && (
          <CompareView key={route.runIds.join(' ')} app={app} runIds={route.runIds} />
        )}
        {route.view === 'runs' && <RunsView app={app} openRunId={route.runId} />}
        {route.view === 'device' && <DeviceView app={app} />}
      </main>
    </>
  );
}

export interface MountedApp {
  /** Shows that the page cannot work any more, and why. */
  fail(message: string): void;
}

/** Draws the page into `root` on the workers, or on fakes of them. */
export function mountApp(root: HTMLElement, backend: Backend): MountedApp {
  observeLongTasks();
  followTheme();
  rememberRunnerChoice();
  const app = new AppState(backend, demoZipUrl);
  keepWatch(app);
  render(<App app={app} />, root);
  void app.open();
  return {
    fail: (message) => {
      app.fatal.value = message;
    },
  };
}
