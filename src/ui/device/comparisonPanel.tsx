/** Times the engine’s training step beside plain tfjs’s on the person's own adapter. */
import { useState } from 'preact/hooks';
import { messageOf, modelTitle } from '../../format.ts';
import type { StepComparison } from '../../protocol.ts';
import { modelNames, type ModelName } from '../../recipe/recipe.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { isMoving } from '../state/runReducer.ts';
import {
  comparisonColumns,
  comparisonMarkdown,
  comparisonRatio,
  comparisonRows,
  comparisonTitle,
} from './comparison.ts';
import { TaskStatus } from './taskStatus.tsx';

const batchSizes = [4, 8, 16, 32, 64] as const;
const sizesPx = [32, 64, 96, 128, 176, 224] as const;
/** Timed steps of each: few, since plain tfjs may take seconds for one. */
const steps = 5;

export function ComparisonPanel({ app }: { app: AppState }) {
  const { deviceTasks: tasks } = app;
  const [model, setModel] = useState<ModelName>('resnet18');
  const [batchSize, setBatchSize] = useState<number>(8);
  const [sizePx, setSizePx] = useState<number>(64);
  const trains = isMoving(app.run.view.value.status);
  const comparison = tasks.comparison.value;
  return (
    <Panel id="comparison" title="Compare with plain tfjs">
      <div class="field-grid">
        <Choice label="Model" values={modelNames} chosen={model} onChange={setModel} name={modelTitle} />
        <Choice
          label="Batch size"
          values={batchSizes}
          chosen={batchSize}
          onChange={setBatchSize}
          name={String}
        />
        <Choice label="Image, pixels" values={sizesPx} chosen={sizePx} onChange={setSizePx} name={String} />
      </div>
      <TaskStatus tasks={tasks} of={['compare']} />
      <div class="button-row">
        <button
          type="button"
          class="button"
          disabled={trains || tasks.running.value !== null || app.device.value?.ok !== true}
          onClick={() => void tasks.compare({ model, batchSize, sizePx, steps })}
        >
          Compare
        </button>
        {comparison !== null && <CopyButton comparison={comparison} />}
      </div>
      {comparison !== null && <ComparisonTable comparison={comparison} />}
      <p class="note">
        {trains
          ? 'A run is training: pause it to compare.'
          : 'The same training step, weights and images of noise by both, in turns, with all that a recipe asks for: momentum, weight decay, EMA. Larger ones need memory for both at once.'}
      </p>
    </Panel>
  );
}

interface ChoiceProps<Value extends string | number> {
  label: string;
  values: readonly Value[];
  chosen: Value;
  name: (value: Value) => string;
  onChange: (value: Value) => void;
}

function Choice<Value extends string | number>({
  label,
  values,
  chosen,
  name,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      <select
        onChange={(event) => {
          const value = values[event.currentTarget.selectedIndex];
          if (value !== undefined) onChange(value);
        }}
      >
        {values.map((value) => (
          <option key={value} selected={value === chosen}>
            {name(value)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ComparisonTable({ comparison }: { comparison: StepComparison }) {
  return (
    <>
      <p data-testid="comparison">
        {comparisonTitle(comparison)}: Tabtrain’s step is <strong>{comparisonRatio(comparison)}</strong>.
      </p>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Tabtrain beside plain tfjs">
        <table class="data-table figures">
          <thead>
            <tr>
              <th scope="col">Computed by</th>
              {comparisonColumns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {comparisonRows(comparison).map(({ name, cells }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <td key={comparisonColumns[i]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function CopyButton({ comparison }: { comparison: StepComparison }) {
  const [copied, setCopied] = useState<StepComparison | null>(null);
  const [error, setError] = useState<string | null>(null);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(comparisonMarkdown(comparison, navigator.userAgent));
      setCopied(comparison);
      setError(null);
    } catch (reason) {
      setError(`The browser did not let the page copy (${messageOf(reason)}). Select the table instead.`);
    }
  }
  return (
    <>
      <button type="button" class="button" onClick={() => void copy()}>
        {copied === comparison ? 'Copied' : 'Copy as Markdown'}
      </button>
      {error !== null && <Message kind="warn">{error}</Message>}
    </>
  );
}
