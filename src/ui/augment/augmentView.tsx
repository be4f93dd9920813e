/** The inspector: what augmentation does to an image, and what a training step really saw. */
import { useEffect } from 'preact/hooks';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import { formatAddress, type InspectTab } from './address.ts';
import { BatchTab } from './batchTab.tsx';
import { DrawsTab } from './drawsTab.tsx';
import { OperationsTab } from './operationsTab.tsx';
import { SettingsPanel } from './settingsPanel.tsx';
import { SizesTab } from './sizesTab.tsx';
import { SubjectPanel } from './subjectPanel.tsx';

const tabs: readonly { tab: InspectTab; label: string }[] = [
  { tab: 'draws', label: 'Draws' },
  { tab: 'operations', label: 'Operations' },
  { tab: 'sizes', label: 'Train and validation' },
  { tab: 'batch', label: 'Batch of a step' },
];

export function AugmentView({ app, query }: { app: AppState; query: string }) {
  const { inspect, batches } = app;
  const { tab } = inspect.address.value;
  useEffect(() => inspect.read(query), [query]);
  useEffect(() => inspect.start(), []);
  // The address bar always has the link; going back leaves the view instead of undoing a slider.
  useEffect(() => {
    history.replaceState(null, '', `#/augment?${formatAddress(inspect.address.value)}`);
  }, [inspect.address.value, query]);
  return (
    <div class="augment-view" data-tab={tab}>
      <div class="augment-head">
        <h2>What augmentation does</h2>
        <div class="segmented" role="group" aria-label="What to look at">
          {tabs.map(({ tab: each, label }) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === tab}
              onClick={() => inspect.set({ tab: each })}
            >
              {label}
            </button>
          ))}
        </div>
        <ComputedBy app={app} />
      </div>
      {inspect.addressProblems.value.length > 0 && (
        <Message kind="warn" onDismiss={() => (inspect.addressProblems.value = [])}>
          <p>Parts of this link are not right, and are shown as usual:</p>
          <ul>
            {inspect.addressProblems.value.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Message>
      )}
      {tab === 'batch' ? (
        <BatchTab app={app} store={inspect} batches={batches} />
      ) : (
        <div class="augment-layout">
          <div class="augment-setup">
            <SubjectPanel app={app} store={inspect} />
            <SettingsPanel app={app} store={inspect} />
          </div>
          <div class="augment-results">
            {tab === 'draws' && <DrawsTab store={inspect} />}
            {tab === 'operations' && <OperationsTab store={inspect} />}
            {tab === 'sizes' && <SizesTab store={inspect} />}
          </div>
        </div>
      )}
    </div>
  );
}

function ComputedBy({ app }: { app: AppState }) {
  const device = app.inspect.device.value;
  if (device === null) return null;
  return (
    <p class="note computed-by" title={device.description}>
      {device.kind === 'gpu'
        ? 'by the kernels that train'
        : 'by the processor: there is no WebGPU here, and it is slower'}
    </p>
  );
}
