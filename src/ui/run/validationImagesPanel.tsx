/** Some validation images with what the network says of them now. */
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { TrainerApi } from '../../protocol.ts';
import { Panel } from '../parts/panel.tsx';
import type { AppState } from '../state/appState.ts';
import { formatCount } from '../../format.ts';

export function ValidationImagesPanel({ app }: { app: AppState }) {
  const event = app.run.view.value.validationImages;
  const subject = app.run.subject.value;
  const classes = subject?.classes ?? [];
  const urls = useMemo(
    () => new ImageUrls(app.backend.trainer, subject?.datasetId ?? ''),
    [app, subject?.datasetId],
  );
  useEffect(() => () => urls.revoke(), [urls]);
  const right = event?.images.filter(({ label, top }) => top[0]?.classIndex === label).length ?? 0;
  return (
    <Panel
      id="validation-images"
      title="Validation images"
      summary={
        event !== null && (
          <span class="figures">
            {right} of {event.images.length} right, step {formatCount(event.step)}
          </span>
        )
      }
    >
      {event === null ? (
        <p class="note">Predictions for some validation images appear here while a run trains.</p>
      ) : (
        <ul class="prediction-grid">
          {event.images.map(({ index, fileName, label, top }) => {
            const best = top[0];
            const isRight = best?.classIndex === label;
            const truth = classes[label] ?? '';
            const said = best === undefined ? '–' : (classes[best.classIndex] ?? '');
            return (
              <li key={index} class="prediction" data-right={isRight} title={fileName}>
                <Thumbnail url={urls.of(index)} alt={truth} />
                <div class="prediction-text">
                  <span class="prediction-said">
                    <span class="verdict" aria-hidden="true">
                      {isRight ? '✓' : '✗'}
                    </span>
                    <span class="visually-hidden">{isRight ? 'right:' : 'wrong:'}</span> {said}
                  </span>
                  <span class="prediction-truth figures">
                    {Math.round((best?.probability ?? 0) * 100)} %{isRight ? '' : `, is ${truth}`}
                  </span>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

function Thumbnail({ url, alt }: { url: ReadonlySignal<string | null>; alt: string }) {
  return url.value === null ? (
    <span class="picture-missing" role="img" aria-label={alt} />
  ) : (
    <img src={url.value} alt={alt} decoding="async" />
  );
}

/** Object URLs of a data set's validation images, each fetched once. */
class ImageUrls {
  #urls = new Map<number, Signal<string | null>>();

  constructor(
    private readonly trainer: TrainerApi,
    private readonly datasetId: string,
  ) {}

  /** Null until the image is there, and for good where it cannot be read: its text still stands. */
  of(index: number): ReadonlySignal<string | null> {
    const known = this.#urls.get(index);
    if (known !== undefined) return known;
    const url = signal<string | null>(null);
    this.#urls.set(index, url);
    this.trainer.datasetImage(this.datasetId, 'validation', index).then(
      (blob) => {
        if (this.#urls.get(index) === url) url.value = URL.createObjectURL(blob);
      },
      () => undefined,
    );
    return url;
  }

  revoke(): void {
    for (const url of this.#urls.values()) if (url.value !== null) URL.revokeObjectURL(url.value);
    this.#urls.clear();
  }
}
