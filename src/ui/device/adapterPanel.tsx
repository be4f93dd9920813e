/** The adapter, and what it offers. */
import { formatBytes, formatCount } from '../../format.ts';
import type { DeviceReport } from '../../protocol.ts';
import { Panel } from '../parts/panel.tsx';

/** What each feature is used for; the others of a device are not used. */
const usedFor: Record<string, string> = {
  subgroups: 'values handed round by threads',
  'timestamp-query': 'timing by the GPU’s clock',
};

export function AdapterPanel({ device }: { device: DeviceReport | null }) {
  return (
    <Panel id="adapter" title="Graphics adapter">
      {device === null && <p class="note">Looking for one …</p>}
      {device?.ok === false && <p>{device.message}</p>}
      {device?.ok === true && <Facts device={device} />}
    </Panel>
  );
}

function Facts({ device }: { device: Extract<DeviceReport, { ok: true }> }) {
  const { adapter, isSoftware, features, limits } = device;
  const limit = (wanted: string) => limits.find(([name]) => name === wanted)?.[1] ?? 0;
  const names = features.map((name) => (usedFor[name] === undefined ? name : `${name} (${usedFor[name]})`));
  return (
    <>
      <dl class="facts">
        <dt>Adapter</dt>
        <dd data-testid="adapter">{adapter}</dd>
        <dt>Kind</dt>
        <dd>{isSoftware ? 'software: a processor that emulates one' : 'graphics processor'}</dd>
        <dt>Largest buffer</dt>
        <dd class="figures">{formatBytes(limit('maxBufferSize'))}</dd>
        <dt>Largest binding</dt>
        <dd class="figures">{formatBytes(limit('maxStorageBufferBindingSize'))}</dd>
        <dt>Features</dt>
        <dd>{names.length === 0 ? 'core only' : names.join(', ')}</dd>
      </dl>
      <details class="fold">
        <summary>All limits</summary>
        <dl class="facts limits">
          {limits.map(([name, value]) => (
            <>
              <dt key={`${name} name`}>{name}</dt>
              <dd key={name} class="figures">
                {formatCount(value)}
              </dd>
            </>
          ))}
        </dl>
      </details>
    </>
  );
}
