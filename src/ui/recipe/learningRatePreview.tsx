/** The learning rate of every epoch as a curve, with the value under the pointer. */
import { useState } from 'preact/hooks';
import { learningRateAt } from '../../recipe/learningRate.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { formatLearningRate } from '../../format.ts';

const widthPx = 320;
const heightPx = 56;

export function LearningRatePreview({ recipe }: { recipe: Recipe }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const rates = Array.from({ length: recipe.epochs }, (_, epoch) => learningRateAt(recipe, epoch));
  const highest = Math.max(...rates);
  const x = (epoch: number) => (epoch / recipe.epochs) * widthPx;
  const y = (rate: number) => heightPx - 2 - (rate / (highest || 1)) * (heightPx - 6);
  // The rate is constant within an epoch: steps, drawn as such while they can be seen.
  const path = rates.map((rate, epoch) => `${x(epoch)},${y(rate)} ${x(epoch + 1)},${y(rate)}`).join(' ');
  const last = rates.at(-1) ?? 0;
  const summary =
    `Learning rate over ${recipe.epochs} epochs: starts at ${formatLearningRate(rates[0] ?? 0)}, ` +
    `at most ${formatLearningRate(highest)}, ends at ${formatLearningRate(last)}.`;
  const shown = pointed === null ? null : Math.min(pointed, recipe.epochs - 1);
  const shownRate = shown === null ? null : (rates[shown] ?? 0);
  return (
    <figure class="lr-preview">
      <svg
        viewBox={`0 0 ${widthPx} ${heightPx}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const share = (event.clientX - box.left) / box.width;
          setPointed(Math.max(0, Math.floor(share * recipe.epochs)));
        }}
        onPointerLeave={() => setPointed(null)}
      >
        <line class="baseline" x1="0" x2={widthPx} y1={heightPx - 1} y2={heightPx - 1} />
        {recipe.lrWarmupEpochs > 0 && (
          <rect class="warmup" x="0" y="0" width={x(recipe.lrWarmupEpochs)} height={heightPx - 1} />
        )}
        <polyline points={path} />
        {shown !== null && (
          <line class="pointer" x1={x(shown + 0.5)} x2={x(shown + 0.5)} y1="0" y2={heightPx} />
        )}
      </svg>
      <figcaption class="figures">
        {shown === null || shownRate === null ? (
          <>
            <span>learning rate, at most {formatLearningRate(highest)}</span>
            <span>
              {recipe.lrWarmupEpochs > 0 && `warmup ${recipe.lrWarmupEpochs}, `}
              {recipe.epochs} epochs
            </span>
          </>
        ) : (
          <>
            <span>learning rate {formatLearningRate(shownRate)}</span>
            <span>
              epoch {shown + 1} of {recipe.epochs}
            </span>
          </>
        )}
      </figcaption>
    </figure>
  );
}
