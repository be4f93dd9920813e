/** Progress of a job with a known end, in words and as a bar. */
import { formatCount } from '../../format.ts';

export function ProgressBar({ label, done, total }: { label: string; done: number; total: number }) {
  return (
    <div class="progress">
      <p class="progress-text">
        <span class="progress-label">{label}</span>
        {total > 0 && (
          <span class="figures">
            {formatCount(done)} / {formatCount(total)}
          </span>
        )}
      </p>
      <progress aria-label={label} value={total > 0 ? done : undefined} max={total > 0 ? total : undefined} />
    </div>
  );
}
