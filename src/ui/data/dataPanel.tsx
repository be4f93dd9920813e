/** 1 Data: the demo set or one's own pictures, and what the chosen set holds. */
import { useState } from 'preact/hooks';
import { ConfirmButton } from '../parts/confirmButton.tsx';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import { ProgressBar } from '../parts/progressBar.tsx';
import type { AppState } from '../state/appState.ts';
import { counted, formatBytes, formatCount, messageOf } from '../../format.ts';
import { DatasetDetails } from './datasetDetails.tsx';
import { ImportDialog } from './importDialog.tsx';
import type { PathedFile } from '../../protocol.ts';
import { readDrop } from './drop.ts';

export function DataPanel({ app }: { app: AppState }) {
  const { data } = app;
  const [dialog, setDialog] = useState<{ dropped: PathedFile[] } | null>(null);
  const [dragging, setDragging] = useState(false);
  const dataset = data.selected.value;
  const importing = data.importing.value;
  const progress = data.progress.value;

  function openDialog(dropped: PathedFile[]): void {
    data.error.value = null;
    setDialog({ dropped });
  }

  async function takeDrop(event: DragEvent): Promise<void> {
    event.preventDefault();
    setDragging(false);
    if (event.dataTransfer === null || app.active.value) return;
    try {
      openDialog(await readDrop(event.dataTransfer));
    } catch (error) {
      data.error.value = messageOf(error);
    }
  }

  return (
    <Panel
      id="data"
      number={1}
      title="Data"
      class={dragging ? 'dragging' : ''}
      summary={
        dataset !== null &&
        `${counted(dataset.classes.length, 'class', 'classes')}, ${formatCount(imageCount(dataset.trainPerClass))} images`
      }
    >
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={(event) => void takeDrop(event)}
      >
        <div class="choices">
          <button
            type="button"
            class="choice"
            disabled={importing !== null}
            onClick={() => void data.importDemo()}
          >
            <span class="choice-title">Demo set</span>
            <span class="choice-note">Emoji as drawn by five design teams</span>
          </button>
          <button type="button" class="choice" disabled={importing !== null} onClick={() => openDialog([])}>
            <span class="choice-title">Use my photos</span>
            <span class="choice-note">They stay on this machine</span>
          </button>
        </div>

        {importing !== null && dialog === null && (
          <div class="import-progress">
            <ProgressBar
              label={
                progress === null ? 'Opening the files' : `${phaseWord[progress.phase]} ${progress.label}`
              }
              done={progress?.done ?? 0}
              total={progress?.total ?? 0}
            />
            <button type="button" class="button quiet" onClick={() => void data.cancelImport()}>
              Cancel
            </button>
          </div>
        )}
        {data.error.value !== null && (
          <Message kind="bad" onDismiss={() => (data.error.value = null)}>
            {data.error.value}
          </Message>
        )}
        {data.problems.value.length > 0 && (
          <details class="fold problems">
            <summary>{counted(data.problems.value.length, 'file')} could not be read</summary>
            <ul>
              {data.problems.value.map(({ path, message }) => (
                <li key={path}>
                  <span class="path">{path}</span> {message}
                </li>
              ))}
            </ul>
          </details>
        )}
        {dataset !== null && (
          <>
            <div class="dataset-line">
              <label class="visually-hidden" for="dataset-select">
                Data set stored here
              </label>
              <select
                id="dataset-select"
                value={dataset.id}
                onChange={(event) => void data.select(event.currentTarget.value)}
              >
                {data.datasets.value.map((stored) => (
                  <option key={stored.id} value={stored.id}>
                    {stored.name} ({formatBytes(stored.bytes)})
                  </option>
                ))}
              </select>
              <ConfirmButton
                label="Delete"
                accessibleLabel={`Delete the data set ${dataset.name} from this browser`}
                question="Delete it from this browser?"
                confirmLabel="Delete"
                disabled={importing !== null}
                onConfirm={() => void data.delete(dataset.id)}
              />
            </div>
            <DatasetDetails dataset={dataset} thumbnails={data.thumbnails.value} />
          </>
        )}
      </div>
      {dialog !== null && <ImportDialog app={app} dropped={dialog.dropped} onClose={() => setDialog(null)} />}
    </Panel>
  );
}

const phaseWord = { reading: 'Reading', storing: 'Storing' } as const;

function imageCount(perClass: readonly number[]): number {
  return perClass.reduce((sum, count) => sum + count, 0);
}
