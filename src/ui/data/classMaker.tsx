/** Makes classes by hand: name them and drop, paste, pick or photograph pictures into each. */
import type { Signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { FilePicker } from '../parts/filePicker.tsx';
import { CameraDialog } from '../parts/cameraDialog.tsx';
import { hasCamera } from '../parts/camera.ts';
import type { AppState } from '../state/appState.ts';
import { counted, messageOf } from '../../format.ts';
import { newDraft, withoutPicture, withPictures, type ClassDraft } from './classDrafts.ts';
import { pastedImages, readDrop } from './drop.ts';

interface ClassMakerProps {
  app: AppState;
  drafts: Signal<ClassDraft[]>;
}

export function ClassMaker({ app, drafts }: ClassMakerProps) {
  const [focusedId, setFocusedId] = useState(drafts.value[0]?.id ?? 0);
  const [cameraId, setCameraId] = useState<number | null>(null);
  const cameraClass = drafts.value.find((draft) => draft.id === cameraId);

  function change(next: ClassDraft[]): void {
    drafts.value = next;
    app.unsavedPictures.value = next.reduce((sum, draft) => sum + draft.pictures.length, 0);
  }
  function update(id: number, how: (draft: ClassDraft) => ClassDraft): void {
    change(drafts.value.map((draft) => (draft.id === id ? how(draft) : draft)));
  }
  const add = (id: number, files: readonly File[]) => update(id, (draft) => withPictures(draft, files));

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const images = pastedImages(event.clipboardData);
      if (images.length === 0) return;
      event.preventDefault();
      add(focusedId, images);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, [focusedId]);

  return (
    <div class="class-maker">
      {drafts.value.map((draft, i) => (
        <ClassCard
          key={draft.id}
          draft={draft}
          position={i + 1}
          isPasteTarget={draft.id === focusedId}
          onFocus={() => setFocusedId(draft.id)}
          onRename={(name) => update(draft.id, (old) => ({ ...old, name }))}
          onAdd={(files) => add(draft.id, files)}
          onRemovePicture={(id) => update(draft.id, (old) => withoutPicture(old, id))}
          onRemove={() => change(drafts.value.filter((other) => other.id !== draft.id))}
          onCamera={() => setCameraId(draft.id)}
          onError={(error) => (app.data.error.value = messageOf(error))}
        />
      ))}
      <button
        type="button"
        class="button add-class"
        onClick={() => {
          const draft = newDraft();
          change([...drafts.value, draft]);
          setFocusedId(draft.id);
        }}
      >
        Add a class
      </button>
      {cameraClass !== undefined && (
        <CameraDialog
          title={`Photograph for “${cameraClass.name === '' ? 'unnamed class' : cameraClass.name}”`}
          burst
          onPicture={(file) => add(cameraClass.id, [file])}
          onClose={() => setCameraId(null)}
        />
      )}
    </div>
  );
}

interface ClassCardProps {
  draft: ClassDraft;
  position: number;
  isPasteTarget: boolean;
  onFocus: () => void;
  onRename: (name: string) => void;
  onAdd: (files: readonly File[]) => void;
  onRemovePicture: (id: number) => void;
  onRemove: () => void;
  onCamera: () => void;
  onError: (error: unknown) => void;
}

function ClassCard(props: ClassCardProps) {
  const { draft, position } = props;
  const spokenName = draft.name === '' ? `class ${position}` : draft.name;
  return (
    <section
      class={`class-card ${props.isPasteTarget ? 'paste-target' : ''}`}
      aria-label={spokenName}
      onFocusIn={props.onFocus}
      onPointerDown={props.onFocus}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        if (event.dataTransfer === null) return;
        readDrop(event.dataTransfer).then(
          (files) => props.onAdd(files.flatMap(({ file }) => (file instanceof File ? [file] : []))),
          props.onError,
        );
      }}
    >
      <div class="class-card-head">
        <input
          type="text"
          value={draft.name}
          placeholder={`Name of class ${position}`}
          aria-label={`Name of class ${position}`}
          onInput={(event) => props.onRename(event.currentTarget.value)}
        />
        <span class="figures muted">{counted(draft.pictures.length, 'picture')}</span>
        <button
          type="button"
          class="icon-button"
          aria-label={`Remove ${spokenName} and its pictures`}
          onClick={props.onRemove}
        >
          ×
        </button>
      </div>
      {draft.pictures.length > 0 && (
        <ul class="thumbnails">
          {draft.pictures.map((picture) => (
            <li key={picture.id}>
              <img src={picture.url} alt={picture.file.name} decoding="async" />
              <button
                type="button"
                class="remove-picture"
                aria-label={`Remove ${picture.file.name}`}
                onClick={() => props.onRemovePicture(picture.id)}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="button-row">
        <FilePicker
          multiple
          accept="image/*"
          accessibleLabel={`Add pictures to ${spokenName}`}
          onFiles={props.onAdd}
        >
          Add pictures
        </FilePicker>
        <FilePicker
          capture
          accept="image/*"
          class="button only-touch"
          accessibleLabel={`Take a photo for ${spokenName}`}
          onFiles={props.onAdd}
        >
          Take a photo
        </FilePicker>
        {hasCamera && (
          <button
            type="button"
            class="button only-pointer"
            aria-label={`Use the camera for ${spokenName}`}
            onClick={props.onCamera}
          >
            Camera
          </button>
        )}
        <span class="note only-pointer">
          {props.isPasteTarget ? 'or drop, or paste here' : 'or drop here'}
        </span>
      </div>
    </section>
  );
}
