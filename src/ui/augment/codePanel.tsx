/** The view as torchvision code to paste. */
import { useState } from 'preact/hooks';
import { pipelineCode, sampleCode } from '../../augment/torchvisionCode.ts';
import { Panel } from '../parts/panel.tsx';
import type { InspectStore } from './inspectStore.ts';
import { fileNames } from './subjectTitle.ts';

export function CodePanel({ store }: { store: InspectStore }) {
  const [kind, setKind] = useState<'draw' | 'recipe'>('draw');
  const [copied, setCopied] = useState<string | null>(null);
  const code = kind === 'draw' ? drawCode(store) : pipelineCode(store.address.value.settings);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setCopied(code);
    } catch {
      setCopied(null);
    }
  };
  return (
    <Panel
      id="torchvision-code"
      title="As torchvision code"
      summary={
        <span class="segmented small" role="group" aria-label="What the code does">
          <button type="button" aria-pressed={kind === 'draw'} onClick={() => setKind('draw')}>
            this draw
          </button>
          <button type="button" aria-pressed={kind === 'recipe'} onClick={() => setKind('recipe')}>
            the recipe
          </button>
        </span>
      }
    >
      <pre class="code" role="region" tabIndex={0} aria-label="torchvision code">
        <code>{code}</code>
      </pre>
      <div class="button-row">
        <button type="button" class="button" disabled={code === ''} onClick={() => void copy()}>
          {copied === code ? 'Copied' : 'Copy code'}
        </button>
        <span class="note">
          {kind === 'draw'
            ? 'The same pixels, by Pillow: torchvision 0.14.'
            : 'The same distributions; the draws are torch’s own.'}
        </span>
      </div>
    </Panel>
  );
}

/** Empty while there is nothing to show. */
function drawCode(store: InspectStore): string {
  const opened = store.opened.value;
  const answered = store.draws.answer.value;
  const sample = answered?.answer[store.address.value.selected];
  if (opened === null || sample === undefined || answered?.question.pictureId !== opened.picture.id)
    return '';
  const names = fileNames(store);
  const shrunkTo = ({ picture, shrunkFrom }: typeof opened.picture) =>
    shrunkFrom === null ? null : { widthPx: picture.widthPx, heightPx: picture.heightPx };
  const own = { fileName: names.own, shrunkTo: shrunkTo(opened.picture), parameters: sample.parameters };
  if (sample.partner === null || sample.mix === null) return sampleCode(own, null);
  const partner = {
    fileName: names.partner,
    shrunkTo: shrunkTo(opened.partner),
    parameters: sample.partner,
  };
  return sampleCode(own, { partner, mix: sample.mix });
}
