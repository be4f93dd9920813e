/** A picture of the inspector on a canvas, with boxes over it. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PixelBox } from '../../augment/parameters.ts';
import type { Picture } from '../../protocol.ts';

/** Below this, a picture is shown in squares rather than blurred. */
const smallPx = 100;

interface PictureCanvasProps {
  picture: Picture;
  /** Empty where the words beside it say it. */
  label: string;
  /** A part that is kept: the rest is dimmed. */
  crop?: PixelBox | undefined;
  /** A part to point at. */
  mark?: PixelBox | null | undefined;
}

export function PictureCanvas({ picture, label, crop, mark }: PictureCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { widthPx, heightPx, rgba } = picture;
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    element.width = widthPx;
    element.height = heightPx;
    element.getContext('2d')?.putImageData(new ImageData(rgba, widthPx, heightPx), 0, 0);
  }, [picture]);
  return (
    <span class="picture" style={{ aspectRatio: `${widthPx} / ${heightPx}` }}>
      <canvas
        ref={canvas}
        {...(label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
        class={Math.max(widthPx, heightPx) < smallPx ? 'pixelated' : undefined}
      />
      {(crop !== undefined || (mark !== undefined && mark !== null)) && (
        <svg viewBox={`0 0 ${widthPx} ${heightPx}`} preserveAspectRatio="none" aria-hidden="true">
          {crop !== undefined && (
            <path class="outside" fill-rule="evenodd" d={`M0 0H${widthPx}V${heightPx}H0Z${boxPath(crop)}`} />
          )}
          {[crop, mark].map(
            (box, i) =>
              box !== undefined &&
              box !== null && (
                <g key={i}>
                  <path class="edge-under" d={boxPath(box)} />
                  <path class="edge" d={boxPath(box)} />
                </g>
              ),
          )}
        </svg>
      )}
    </span>
  );
}

function boxPath({ leftPx, topPx, widthPx, heightPx }: PixelBox): string {
  return `M${leftPx} ${topPx}h${widthPx}v${heightPx}h${-widthPx}Z`;
}
