/** Name and import options of a new data set; the options are folded away. */
import type { ImportOptions } from '../../protocol.ts';

export type EditableOptions = ImportOptions;

interface ImportOptionsFormProps {
  options: EditableOptions;
  suggestedName: string;
  onChange: (options: EditableOptions) => void;
}

export function ImportOptionsForm({ options, suggestedName, onChange }: ImportOptionsFormProps) {
  const setNumber = (field: 'maxEdgePx' | 'seed', text: string, smallest: number) => {
    const value = Math.round(Number(text));
    if (text !== '' && Number.isFinite(value)) onChange({ ...options, [field]: Math.max(smallest, value) });
  };
  return (
    <div class="import-options">
      <label class="field">
        <span class="field-label">Name</span>
        <input
          type="text"
          value={options.name}
          placeholder={suggestedName}
          onInput={(event) => onChange({ ...options, name: event.currentTarget.value })}
        />
      </label>
      <details class="fold">
        <summary>Options</summary>
        <div class="field-grid">
          <label class="field">
            <span class="field-label">Longest edge, pixels</span>
            <input
              type="number"
              min={32}
              max={4096}
              step={32}
              value={options.maxEdgePx}
              onChange={(event) => setNumber('maxEdgePx', event.currentTarget.value, 32)}
            />
            <span class="field-help">Larger pictures are stored reduced to this. Default 512.</span>
          </label>
          <label class="field">
            <span class="field-label">Held out to validate, %</span>
            <input
              type="number"
              min={5}
              max={80}
              step={5}
              value={Math.round(options.validationFraction * 100)}
              onChange={(event) => {
                const share = Number(event.currentTarget.value) / 100;
                if (share > 0 && share < 1) onChange({ ...options, validationFraction: share });
              }}
            />
            <span class="field-help">
              Of each class, where there is no <code>val/</code> folder. Default 20.
            </span>
          </label>
          <label class="field">
            <span class="field-label">Seed of the split</span>
            <input
              type="number"
              min={0}
              step={1}
              value={options.seed}
              onChange={(event) => setNumber('seed', event.currentTarget.value, 0)}
            />
            <span class="field-help">The same seed holds out the same pictures. Default 0.</span>
          </label>
        </div>
      </details>
    </div>
  );
}
