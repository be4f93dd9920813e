/** Lines of two runs over one axis. Evaluations only, so few points: drawn as SVG, with the numbers in the tables. */
import { type ComparisonChart, type ComparisonLine, ticks } from './comparison.ts';

interface ComparisonFigureProps {
  chart: ComparisonChart;
  title: string;
  lines: readonly ComparisonLine[];
  formatX: (x: number) => string;
  formatY: (y: number) => string;
}

const widthPx = 560;
const heightPx = 230;
const margin = { left: 46, right: 12, top: 10, bottom: 24 };

export function ComparisonFigure({ chart, title, lines, formatX, formatY }: ComparisonFigureProps) {
  const points = lines.flatMap((line) => line.points);
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const highX = Math.max(...xs, 1e-9);
  const lowX = Math.min(...xs, highX);
  const highY = chart === 'top1' ? Math.ceil(10 * Math.max(...ys, 0.1)) / 10 : upperLoss(lines);
  const lowY = chart === 'top1' ? 0 : Math.min(...ys, 0);
  const px = (x: number) =>
    margin.left + ((x - lowX) / (highX - lowX || 1)) * (widthPx - margin.left - margin.right);
  const py = (y: number) =>
    heightPx -
    margin.bottom -
    ((Math.min(y, highY) - lowY) / (highY - lowY || 1)) * (heightPx - margin.top - margin.bottom);
  const last = lines.flatMap(({ label, points: own }) => {
    const end = own.at(-1);
    return end === undefined ? [] : [`${label} ${formatY(end.y)}`];
  });
  return (
    <figure class="comparison-figure">
      <figcaption>
        <span class="chart-title">{title}</span>
        {lines.map(({ label, run, kind }) => (
          <span key={label} class="comparison-key" data-run={run} data-kind={kind}>
            <svg viewBox="0 0 22 8" aria-hidden="true">
              <line x1="1" x2="21" y1="4" y2="4" />
            </svg>
            {label}
          </span>
        ))}
      </figcaption>
      {points.length === 0 ? (
        <p class="note">Neither run has been evaluated yet.</p>
      ) : (
        <svg
          viewBox={`0 0 ${String(widthPx)} ${String(heightPx)}`}
          role="img"
          aria-label={`${title}, at the end: ${last.join(', ')}.`}
        >
          {ticks(lowY, highY, 5).map((y) => (
            <g key={y}>
              <line class="grid" x1={margin.left} x2={widthPx - margin.right} y1={py(y)} y2={py(y)} />
              <text x={margin.left - 6} y={py(y) + 4} text-anchor="end">
                {formatY(y)}
              </text>
            </g>
          ))}
          {ticks(lowX, highX, 8)
            .filter((x) => formatX(x) !== '')
            .map((x) => (
              <text key={x} x={px(x)} y={heightPx - 6} text-anchor="middle">
                {formatX(x)}
              </text>
            ))}
          {lines.map(({ label, run, kind, points: own }) => (
            <g key={label} class="comparison-line" data-run={run} data-kind={kind}>
              <polyline points={own.map(({ x, y }) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(' ')} />
              {own.length <= 60 &&
                kind !== 'train' &&
                own.map(({ x, y }) => <circle key={x} cx={px(x)} cy={py(y)} r={kind === 'ema' ? 3 : 2.2} />)}
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}

/** A validation loss of the first epochs can be many times all others: the scale ends at twice the rest's highest. */
function upperLoss(lines: readonly ComparisonLine[]): number {
  const train = lines
    .filter(({ kind }) => kind === 'train')
    .flatMap(({ points }) => points.map(({ y }) => y));
  const all = lines.flatMap(({ points }) => points.map(({ y }) => y));
  return Math.min(Math.max(...all), 2 * Math.max(...train, 0) || Infinity);
}
