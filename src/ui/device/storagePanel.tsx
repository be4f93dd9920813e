/** How much of the browser's storage is used, and asking that it be kept. */
import { useEffect, useState } from 'preact/hooks';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import { formatBytes, messageOf } from '../../format.ts';

export function StoragePanel() {
  const [used, setUsed] = useState<{ usage: number; quota: number } | null>(null);
  const [persisted, setPersisted] = useState<boolean | null>(null);
  const [error, setError] = useState<string | null>(null);

  async function look(): Promise<void> {
    if (!('storage' in navigator)) {
      setError('This browser gives pages no storage here, often because the address is not secure.');
      return;
    }
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      setUsed({ usage, quota });
      setPersisted(await navigator.storage.persisted());
    } catch (reason) {
      setError(`The browser refused storage (${messageOf(reason)}). A private window may do that.`);
    }
  }
  useEffect(() => void look(), []);

  async function keep(): Promise<void> {
    try {
      const granted = await navigator.storage.persist();
      setPersisted(granted);
      if (!granted) setError('The browser did not agree. It may after you bookmark the page or use it more.');
    } catch (reason) {
      setError(`The browser could not be asked (${messageOf(reason)}).`);
    }
  }

  return (
    <Panel id="storage" title="Storage">
      <dl class="facts">
        <dt>Used</dt>
        <dd class="figures">{used === null ? '–' : formatBytes(used.usage)}</dd>
        <dt>Allowed</dt>
        <dd class="figures">{used === null ? '–' : formatBytes(used.quota)}</dd>
        <dt>Kept when space is short</dt>
        <dd>{persisted === null ? '–' : persisted ? 'yes' : 'no: the browser may clear it'}</dd>
      </dl>
      {persisted === false && (
        <button type="button" class="button" onClick={() => void keep()}>
          Ask the browser to keep it
        </button>
      )}
      {error !== null && <Message kind="warn">{error}</Message>}
    </Panel>
  );
}
