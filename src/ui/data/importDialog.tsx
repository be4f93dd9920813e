/** "Use my photos": a folder or file that is ready, or classes made by hand; then the import itself. */
import { useState } from 'preact/hooks';
import type { PathedFile } from '../../protocol.ts';
import { Dialog } from '../parts/dialog.tsx';
import { canPickFolders, FilePicker } from '../parts/filePicker.tsx';
import { Message } from '../parts/message.tsx';
import { ProgressBar } from '../parts/progressBar.tsx';
import type { AppState } from '../state/appState.ts';
import { defaultImportOptions } from '../state/dataStore.ts';
import { counted, messageOf } from '../../format.ts';
import { ClassMaker } from './classMaker.tsx';
import { createClassDrafts, draftFiles, draftProblem } from './classDrafts.ts';
import { pathedFiles, readDrop, suggestedName } from './drop.ts';
import { ImportOptionsForm, type EditableOptions } from './importOptionsForm.tsx';

interface ImportDialogProps {
  app: AppState;
  /** Files that were dropped on the page to begin with. */
  dropped: PathedFile[];
  onClose: () => void;
}

type Way = 'files' | 'classes';

export function ImportDialog({ app, dropped, onClose }: ImportDialogProps) {
  const { data } = app;
  const [way, setWay] = useState<Way>('files');
  const [files, setFiles] = useState<PathedFile[]>(dropped);
  const [drafts] = useState(createClassDrafts);
  const [options, setOptions] = useState<EditableOptions>({ ...defaultImportOptions, name: '' });
  const [asked, setAsked] = useState(false);

  const chosen = way === 'files' ? files : draftFiles(drafts.value);
  const name =
    options.name.trim() === '' ? (way === 'files' ? suggestedName(files) : 'My pictures') : options.name;
  const problem =
    way === 'classes'
      ? draftProblem(drafts.value)
      : files.length === 0
        ? 'Choose a folder, a zip or IDX files first.'
        : null;
  const importing = data.importing.value !== null;
  const progress = data.progress.value;

  function showError(error: unknown): void {
    data.error.value = messageOf(error);
  }

  async function importNow(): Promise<void> {
    setAsked(true);
    if (problem !== null) return;
    const dataset = await data.importFiles(chosen, { ...options, name });
    if (dataset === null) return;
    drafts.value = [];
    app.unsavedPictures.value = 0;
    onClose();
  }

  function close(): void {
    if (importing) void data.cancelImport();
    app.unsavedPictures.value = 0;
    onClose();
  }

  return (
    <Dialog title="Use my photos" class="import-dialog" onClose={close}>
      <p class="note">Pictures are read, reduced and stored in this browser. Nothing is sent anywhere.</p>
      <div class="segmented" role="group" aria-label="Where the pictures come from">
        <button type="button" aria-pressed={way === 'files'} onClick={() => setWay('files')}>
          A folder or file
        </button>
        <button type="button" aria-pressed={way === 'classes'} onClick={() => setWay('classes')}>
          Make classes by hand
        </button>
      </div>

      {way === 'files' ? (
        <div
          class="drop-zone"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            if (event.dataTransfer !== null) readDrop(event.dataTransfer).then(setFiles, showError);
          }}
        >
          {files.length === 0 ? (
            <p>
              Drop a folder here with one subfolder for each class (or <code>train/</code> and{' '}
              <code>val/</code> above those), a zip of such a folder, or IDX files as MNIST has them.
            </p>
          ) : (
            <p role="status">
              <strong>{counted(files.length, 'file')}</strong> from “{suggestedName(files)}”
            </p>
          )}
          <div class="button-row">
            {canPickFolders && (
              <FilePicker folder onFiles={(picked) => setFiles(pathedFiles(picked))}>
                Choose a folder
              </FilePicker>
            )}
            <FilePicker
              multiple
              accept=".zip,.gz,.idx,.idx1-ubyte,.idx3-ubyte,application/zip,application/gzip,application/octet-stream"
              onFiles={(picked) => setFiles(pathedFiles(picked))}
            >
              Choose a zip or IDX files
            </FilePicker>
          </div>
        </div>
      ) : (
        <ClassMaker app={app} drafts={drafts} />
      )}

      <ImportOptionsForm options={options} suggestedName={name} onChange={setOptions} />

      {asked && problem !== null && <Message kind="bad">{problem}</Message>}
      {data.error.value !== null && <Message kind="bad">{data.error.value}</Message>}
      <footer class="dialog-foot">
        {importing ? (
          <ProgressBar
            label={progress === null ? 'Opening the files' : `Importing ${progress.label}`}
            done={progress?.done ?? 0}
            total={progress?.total ?? 0}
          />
        ) : (
          <span class="muted">
            {chosen.length > 0 && counted(chosen.length, way === 'files' ? 'file' : 'picture')}
          </span>
        )}
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="button primary" disabled={importing} onClick={() => void importNow()}>
          Import
        </button>
      </footer>
    </Dialog>
  );
}
