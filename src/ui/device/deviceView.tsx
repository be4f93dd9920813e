/** What this machine offers, what is stored on it, and what the page itself costs. */
import { useEffect, useState } from 'preact/hooks';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { AdapterPanel } from './adapterPanel.tsx';
import { ComparisonPanel } from './comparisonPanel.tsx';
import { KernelsPanel } from './kernelsPanel.tsx';
import { PerformancePanel } from './performancePanel.tsx';
import { RunnerPanel } from './runnerPanel.tsx';
import { StoragePanel } from './storagePanel.tsx';

export function DeviceView({ app }: { app: AppState }) {
  return (
    <div class="device-view">
      <AdapterPanel device={app.device.value} />
      <RunnerPanel app={app} />
      <KernelsPanel app={app} />
      <ComparisonPanel app={app} />
      <StoragePanel />
      <BrowserPanel />
      <PerformancePanel />
      <Panel id="licences" title="Licences">
        <p>
          Tabtrain is under the MIT licence. What it ships of others, the demo set’s drawings included, is in
          the <a href="./THIRD_PARTY_NOTICES.txt">third-party notices</a>.
        </p>
      </Panel>
    </div>
  );
}

function BrowserPanel() {
  const [hidden, setHidden] = useState(document.visibilityState === 'hidden');
  useEffect(() => {
    const follow = () => setHidden(document.visibilityState === 'hidden');
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, []);
  return (
    <Panel id="browser" title="Browser">
      <dl class="facts">
        <dt>Secure context</dt>
        <dd>{isSecureContext ? 'yes' : 'no: open the page over https or from localhost'}</dd>
        <dt>Screen wake lock</dt>
        <dd>{'wakeLock' in navigator ? 'held while a run trains' : 'not offered by this browser'}</dd>
        <dt>Processor threads</dt>
        <dd class="figures">{navigator.hardwareConcurrency}</dd>
        <dt>This tab</dt>
        <dd>{hidden ? 'hidden' : 'visible'}; training goes on either way</dd>
      </dl>
    </Panel>
  );
}
