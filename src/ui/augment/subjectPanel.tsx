/** Which image is looked at: a built-in photograph, one of a data set, or the person's own. */
import { useEffect, useState } from 'preact/hooks';
import { counted, formatCount } from '../../format.ts';
import type { DatasetSummary } from '../../protocol.ts';
import { pastedImages } from '../data/drop.ts';
import { hasCamera } from '../parts/camera.ts';
import { CameraDialog } from '../parts/cameraDialog.tsx';
import { FilePicker } from '../parts/filePicker.tsx';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { photoNames, type Subject } from './address.ts';
import { photoUrl, type InspectStore } from './inspectStore.ts';
import { NumberEntry } from './numberEntry.tsx';
import { PictureCanvas } from './pictureCanvas.tsx';
import { photoTitles, subjectTitle } from './subjectTitle.ts';

export function SubjectPanel({ app, store }: { app: AppState; store: InspectStore }) {
  const [cameraOpen, setCameraOpen] = useState(false);
  const [dragging, setDragging] = useState(false);
  const { subject } = store.address.value;
  const opened = store.opened.value;
  const take = (file: File | undefined) => {
    if (file !== undefined) void store.setFile(file, file.name);
  };

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (document.querySelector('dialog[open]') === null) take(pastedImages(event.clipboardData)[0]);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);

  return (
    <Panel id="subject" title="Image" summary={opened !== null && <PictureFacts store={store} />}>
      <div
        class="subject"
        data-dragging={dragging}
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDragging(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <div class="subject-picture">
          {opened !== null && <PictureCanvas picture={opened.picture.picture} label={subjectTitle(store)} />}
          {opened === null && !store.asksForFile.value && <p class="note">Opening the image …</p>}
        </div>
        {store.asksForFile.value && (
          <Message kind="note">
            <p>
              This link is about somebody’s own image, which stayed on their machine. If you have the file,
              choose it or drop it here; its bytes are compared with the link.
            </p>
          </Message>
        )}
        {store.wrongFile.value !== null && (
          <Message kind="warn">
            <p>{store.wrongFile.value}</p>
            <button type="button" class="button small" onClick={() => store.takeRefusedFile()}>
              Look at this one
            </button>
          </Message>
        )}
        {store.openError.value !== null && <Message kind="bad">{store.openError.value}</Message>}
        <div class="photo-row" role="group" aria-label="Built-in photographs">
          {photoNames.map((name) => (
            <button
              key={name}
              type="button"
              class="photo-choice"
              aria-pressed={subject.kind === 'photo' && subject.name === name}
              onClick={() => store.setSubject({ kind: 'photo', name })}
            >
              <img src={photoUrl(name)} alt="" width="72" height="54" />
              {photoTitles[name]}
            </button>
          ))}
        </div>
        <div class="button-row">
          <FilePicker accept="image/*" onFiles={([file]) => take(file)}>
            Your own image
          </FilePicker>
          {hasCamera && (
            <button type="button" class="button" onClick={() => setCameraOpen(true)}>
              Camera
            </button>
          )}
        </div>
        <p class="note">Or drop or paste one. It stays on this machine.</p>
        <SamplePicker app={app} store={store} />
      </div>
      {cameraOpen && (
        <CameraDialog
          title="Photograph something"
          burst={false}
          onPicture={(file) => {
            take(file);
            setCameraOpen(false);
          }}
          onClose={() => setCameraOpen(false)}
        />
      )}
    </Panel>
  );
}

function PictureFacts({ store }: { store: InspectStore }) {
  const picture = store.opened.value?.picture;
  if (picture === undefined) return null;
  const { widthPx, heightPx } = picture.picture;
  const from = picture.shrunkFrom;
  return (
    <span class="figures">
      {widthPx}×{heightPx}
      {from !== null && (
        <span title="As an import stores it: with a longest edge of 512 px">
          {' '}
          of {from.widthPx}×{from.heightPx}
        </span>
      )}
    </span>
  );
}

function SamplePicker({ app, store }: { app: AppState; store: InspectStore }) {
  const datasets = app.data.datasets.value;
  const { subject } = store.address.value;
  const current = subject.kind === 'sample' ? subject : null;
  const dataset =
    datasets.find(({ id }) => id === current?.datasetId) ?? app.data.selected.value ?? datasets[0];
  if (dataset === undefined) return null;
  const split = current?.split ?? 'train';
  const count = imageCount(dataset, split);
  const go = (change: Partial<Subject & { kind: 'sample' }>) =>
    store.setSubject({
      kind: 'sample',
      datasetId: dataset.id,
      split,
      index: current?.index ?? 0,
      ...change,
    });
  const step = (by: number) => go({ index: ((current?.index ?? 0) + by + count) % count });
  return (
    <fieldset class="sample-picker">
      <legend class="field-label">Or an image of a data set</legend>
      {datasets.length > 1 && (
        <select
          aria-label="Data set"
          value={dataset.id}
          onChange={(event) => go({ datasetId: event.currentTarget.value, index: 0 })}
        >
          {datasets.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      <div class="sample-row">
        <select
          aria-label="Split"
          value={split}
          onChange={(event) =>
            go({ split: event.currentTarget.value === 'train' ? 'train' : 'validation', index: 0 })
          }
        >
          <option value="train">train</option>
          <option value="validation">validation</option>
        </select>
        <button type="button" class="button" aria-label="Previous image" onClick={() => step(-1)}>
          ‹
        </button>
        <NumberEntry
          label={`Image, 0 to ${count - 1}`}
          min={0}
          max={count - 1}
          value={current?.index ?? null}
          onEnter={(index) => go({ index })}
        />
        <button type="button" class="button" aria-label="Next image" onClick={() => step(1)}>
          ›
        </button>
        <button type="button" class="button" onClick={() => go({ index: Math.floor(Math.random() * count) })}>
          Any
        </button>
      </div>
      <p class="note figures">
        {current === null || store.opened.value?.picture.sample == null
          ? `${dataset.name}: ${counted(count, 'image')}`
          : `${store.opened.value.picture.sample.className}, ${formatCount(current.index)} of ${formatCount(count)}`}
      </p>
    </fieldset>
  );
}

function imageCount(dataset: DatasetSummary, split: 'train' | 'validation'): number {
  const perClass = split === 'train' ? dataset.trainPerClass : dataset.validationPerClass;
  return perClass.reduce((sum, classCount) => sum + classCount, 0);
}
