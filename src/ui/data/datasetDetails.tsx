/** What is in a data set: counts a class, some pictures, and what its validation measures. */
import type { DatasetSummary } from '../../protocol.ts';
import type { SampleThumbnail } from '../state/dataStore.ts';
import { formatCount } from '../../format.ts';

interface DatasetDetailsProps {
  dataset: DatasetSummary;
  thumbnails: readonly SampleThumbnail[];
}

export function DatasetDetails({ dataset, thumbnails }: DatasetDetailsProps) {
  const validationCount = dataset.validationPerClass.reduce((sum, count) => sum + count, 0);
  const largest = Math.max(1, ...dataset.trainPerClass);
  return (
    <div class="dataset-details">
      {thumbnails.length > 0 && (
        <ul class="thumbnails" aria-label="Some training images">
          {thumbnails.map(({ url, label }) => (
            <li key={url}>
              <img
                src={url}
                alt={dataset.classes[label] ?? ''}
                title={dataset.classes[label] ?? ''}
                decoding="async"
              />
            </li>
          ))}
        </ul>
      )}
      <div class="class-counts" tabIndex={0} role="region" aria-label="Images of each class">
        <ul>
          {dataset.classes.map((name, i) => {
            const train = dataset.trainPerClass[i] ?? 0;
            const validation = dataset.validationPerClass[i] ?? 0;
            return (
              <li key={name} title={`${name}: ${train} to train, ${validation} to validate`}>
                <span class="class-name">{name}</span>
                <span class="bar" style={{ '--share': train / largest }} aria-hidden="true" />
                <span class="figures">
                  {formatCount(train)}
                  <span class="visually-hidden"> to train,</span>{' '}
                  <span class="muted">+ {formatCount(validation)}</span>
                  <span class="visually-hidden"> to validate</span>
                </span>
              </li>
            );
          })}
        </ul>
      </div>
      <p class="note">
        + {formatCount(validationCount)} to validate. {dataset.validationNote}
      </p>
    </div>
  );
}
