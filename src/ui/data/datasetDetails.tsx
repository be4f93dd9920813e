/** What is in a data set: counts a class, some pictures, and what its validation measures. */
import type { DatasetSummary } from '../../protocol.ts';
import type { SampleThumbnail } from '../state/dataStore.ts';
import { formatCount } from '../state/format.ts';

interface DatasetDetailsProps {
  dataset: DatasetSummary;
  thumbnails: readonly SampleThumbnail[];
}

export function DatasetDetails({ dataset, thumbnails }: DatasetDetailsProps) {
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
        <table>
          <thead class="visually-hidden">
            <tr>
              <th scope="col">Class</th>
              <th scope="col">To train</th>
              <th scope="col">To validate</th>
            </tr>
          </thead>
          <tbody>
            {dataset.classes.map((name, i) => {
              const train = dataset.trainPerClass[i] ?? 0;
              return (
                <tr key={name}>
                  <th scope="row" title={name}>
                    {name}
                  </th>
                  <td class="class-bar">
                    <span class="bar" style={{ '--share': train / largest }} aria-hidden="true" />
                    <span class="figures">{formatCount(train)}</span>
                  </td>
                  <td class="figures muted" title="to validate">
                    {formatCount(dataset.validationPerClass[i] ?? 0)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="note">{dataset.validationNote}</p>
    </div>
  );
}
