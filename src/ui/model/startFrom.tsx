/** What a run starts from, what is in that file, and which stages stay frozen (fine-tuning). */
import type { WeightsKind } from '../../protocol.ts';
import { FilePicker } from '../parts/filePicker.tsx';
import { Message } from '../parts/message.tsx';
import type { AppState } from '../state/appState.ts';
import { formatShare, modelTitle } from '../../format.ts';
import { freezableStages, type WeightsSource } from '../state/weightsStore.ts';

const sourceTitles: Record<WeightsSource, string> = {
  random: 'Random weights',
  file: 'A weights file (.safetensors)',
  run: 'The weights of an earlier run',
};

export function StartFrom({ app }: { app: AppState }) {
  const { weights } = app;
  const source = weights.source.value;
  const report = weights.report.value;
  return (
    <div class="start-from">
      <label class="field inline">
        <span class="field-label">Start from</span>
        <select
          value={source}
          onChange={(event) => {
            const value = event.currentTarget.value;
            if (value === 'random' || value === 'file' || value === 'run') weights.setSource(value);
          }}
        >
          {Object.entries(sourceTitles).map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {source === 'file' && (
        <div class="button-row">
          <FilePicker
            accept=".safetensors"
            onFiles={([file]) => {
              if (file !== undefined) weights.setFile(file);
            }}
          >
            Choose a file
          </FilePicker>
          <span class="path">{weights.file.value?.name ?? 'with torchvision’s parameter names'}</span>
        </div>
      )}
      {source === 'run' && <EarlierRuns app={app} />}
      {weights.loading.value && <p class="note">Reading the weights …</p>}
      {weights.error.value !== null && <Message kind="bad">{weights.error.value}</Message>}
      {report !== null && (
        <Message kind="note">
          <p>
            {modelTitle(report.model)}, {report.classCount} classes, {report.tensorCount} tensors.
          </p>
          {report.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Message>
      )}
      {source !== 'random' && (
        <label class="field inline">
          <span class="field-label">Keep frozen</span>
          <select
            value={String(weights.frozenCount.value)}
            onChange={(event) => (weights.frozenCount.value = Number(event.currentTarget.value))}
          >
            <option value="0">nothing: train all</option>
            {freezableStages.map((stage, i) => (
              <option key={stage} value={String(i + 1)}>
                {i === 0 ? 'the stem' : `everything up to ${stage}`}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function EarlierRuns({ app }: { app: AppState }) {
  const { weights } = app;
  const runs = app.runs.runs.value;
  if (runs.length === 0) {
    return <p class="note">There is no earlier run in this browser yet.</p>;
  }
  return (
    <label class="field inline">
      <span class="field-label">Run</span>
      <select
        value={weights.runId.value ?? ''}
        onChange={(event) => {
          const [id = '', kind] = event.currentTarget.value.split('|');
          const run = runs.find((candidate) => candidate.id === id);
          if (run === undefined) return;
          const weightsKind: WeightsKind = kind === 'ema' ? 'ema' : 'raw';
          void weights.useRun(id, weightsKind, `${modelTitle(run.recipe.model)} on ${run.datasetName}`);
        }}
      >
        <option value="">choose …</option>
        {runs.flatMap((run) => {
          const title = `${modelTitle(run.recipe.model)} on ${run.datasetName}, step ${run.step}`;
          const { lastEvaluation } = run;
          const option = (kind: WeightsKind, top1: number | null | undefined) => (
            <option key={`${run.id}|${kind}`} value={`${run.id}|${kind}`}>
              {title}, {kind === 'ema' ? 'EMA' : 'raw'}
              {top1 === null || top1 === undefined ? '' : ` (${formatShare(top1)})`}
            </option>
          );
          const raw = option('raw', lastEvaluation?.top1);
          return run.recipe.modelEma ? [raw, option('ema', lastEvaluation?.emaTop1)] : [raw];
        })}
      </select>
    </label>
  );
}
