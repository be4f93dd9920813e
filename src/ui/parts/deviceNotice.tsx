/** Tells plainly why this browser cannot train, or that it will be slow, and what still works. */
import type { AppState } from '../state/appState.ts';

export function DeviceNotice({ app }: { app: AppState }) {
  const device = app.device.value;
  if (app.fatal.value !== null) {
    return (
      <div class="notice bad" role="alert">
        <p>{app.fatal.value}</p>
      </div>
    );
  }
  if (device === null) return null;
  if (!device.ok) {
    return (
      <section class="notice bad" aria-labelledby="no-device-title">
        <h2 id="no-device-title">{noDeviceTitle(device.reason)}</h2>
        <p>{device.message}</p>
        <p class="muted">
          What still works here: editing recipes with the learning-rate preview, copying and pasting command
          lines, looking at the <a href="#/augment">augmentation</a>, and the curves of saved runs.
        </p>
      </section>
    );
  }
  if (device.isSoftware && app.route.value.view === 'train') {
    return (
      <p class="notice quiet">
        No graphics processor was found, so the processor computes in its place ({device.adapter}). Everything
        works, but slowly: keep images small, and see the estimate before you train.
      </p>
    );
  }
  return null;
}

function noDeviceTitle(reason: 'insecure-context' | 'no-webgpu' | 'no-adapter'): string {
  switch (reason) {
    case 'insecure-context':
      return 'This address is not secure, so the browser gives no access to the graphics processor';
    case 'no-webgpu':
      return 'This browser has no WebGPU, which training needs';
    case 'no-adapter':
      return 'The browser found no graphics processor it can use';
  }
}
