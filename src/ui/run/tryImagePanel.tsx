/** Try your own image: drop, paste, pick or photograph one; its top five, live while the run trains. */
import { useEffect, useState } from 'preact/hooks';
import type { WeightsKind } from '../../protocol.ts';
import { pastedImages } from '../data/drop.ts';
import { hasCamera } from '../parts/camera.ts';
import { CameraDialog } from '../parts/cameraDialog.tsx';
import { FilePicker } from '../parts/filePicker.tsx';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { formatCount, formatShare } from '../../format.ts';

const weightsKinds: readonly WeightsKind[] = ['raw', 'ema'];

export function TryImagePanel({ app }: { app: AppState }) {
  const { predict } = app;
  const [cameraOpen, setCameraOpen] = useState(false);
  const image = predict.image.value;
  const prediction = predict.prediction.value;
  const hasEma = app.run.subject.value?.recipe.modelEma ?? true;
  const take = (file: File | undefined) => {
    if (file !== undefined) predict.setImage(file, file.name);
  };

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      // A dialogue (making classes) has its own use for a paste.
      if (document.querySelector('dialog[open]') !== null) return;
      take(pastedImages(event.clipboardData)[0]);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);

  return (
    <Panel
      id="try-image"
      title="Try your own image"
      summary={
        hasEma && (
          <span class="segmented small" role="group" aria-label="Weights that predict">
            {weightsKinds.map((kind) => (
              <button
                key={kind}
                type="button"
                aria-pressed={predict.weights.value === kind}
                onClick={() => predict.setWeights(kind)}
              >
                {kind === 'ema' ? 'EMA' : 'raw'}
              </button>
            ))}
          </span>
        )
      }
    >
      <div
        class="try-image"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          take(event.dataTransfer?.files[0]);
        }}
      >
        <div class="try-picture">
          {image === null ? (
            <p class="note">Drop or paste a picture here.</p>
          ) : (
            <img src={image.url} alt={`Your image ${image.name}`} />
          )}
        </div>
        <div class="try-answer">
          {prediction !== null && (
            <ol class="top-five" aria-label="Most probable classes">
              {prediction.top.map(({ classIndex, probability }) => (
                <li key={classIndex}>
                  <span class="top-five-name">{prediction.classes[classIndex] ?? '?'}</span>
                  <span class="figures">{formatShare(probability)}</span>
                  <span class="bar" style={{ '--share': probability }} aria-hidden="true" />
                </li>
              ))}
            </ol>
          )}
          {prediction !== null && (
            <p class="note figures">
              {prediction.weights === 'ema' ? 'EMA' : 'raw'} weights at step {formatCount(prediction.step)}
            </p>
          )}
          {predict.error.value !== null && image !== null && (
            <Message kind="bad">{predict.error.value}</Message>
          )}
          {image !== null && prediction === null && predict.error.value === null && (
            <p class="note">Asking the network …</p>
          )}
          <div class="button-row">
            <FilePicker accept="image/*" onFiles={([file]) => take(file)}>
              Choose a picture
            </FilePicker>
            {hasCamera && (
              <button type="button" class="button" onClick={() => setCameraOpen(true)}>
                Camera
              </button>
            )}
          </div>
        </div>
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
