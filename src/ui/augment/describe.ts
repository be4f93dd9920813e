/** Drawn parameters in words, as captions and for screen readers. Pure. */
import type { BatchMix, PixelBox, SampleParameters } from '../../augment/parameters.ts';
import { magnitudeKind, type PixelOperation } from '../../augment/trivialAugment.ts';

/** A number with a real minus sign and at most `digits` decimals, none where they are zeros. */
export function signed(value: number, digits = 2): string {
  const text = String(Number(Math.abs(value).toFixed(digits)));
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** What the magnitude means, with its unit: "−45°", "16 px", "× 1.33", "4 bits", "from 128 up"; empty for none. */
export function magnitudeText({ name, magnitude }: PixelOperation): string {
  switch (name) {
    case 'ShearX':
    case 'ShearY':
      return signed(magnitude, 3);
    case 'TranslateX':
    case 'TranslateY':
      return `${signed(Math.trunc(magnitude))} px`;
    case 'Rotate':
      return `${signed(magnitude, 1)}°`;
    case 'Brightness':
    case 'Color':
    case 'Contrast':
    case 'Sharpness':
      return `× ${signed(1 + magnitude, 3)}`;
    case 'Posterize':
      return `${magnitude} bits`;
    case 'Solarize':
      return `from ${magnitude} up`;
    case 'Identity':
    case 'AutoContrast':
    case 'Equalize':
      return '';
  }
}

/** "Rotate −45°" */
export function operationText(operation: PixelOperation | null): string {
  if (operation === null) return 'no operation';
  return `${operation.name} ${magnitudeText(operation)}`.trim();
}

/** "bin 10 of 30, sign −" */
export function binText({ name, magnitude, bin }: PixelOperation): string {
  if (bin === null) return 'no magnitude';
  const sign = magnitudeKind(name) === 'signed' ? `, sign ${magnitude < 0 ? '−' : '+'}` : '';
  return `bin ${bin} of 30${sign}`;
}

/** "104×88 at (12, 5)" */
export function boxText({ widthPx, heightPx, leftPx, topPx }: PixelBox): string {
  return `${widthPx}×${heightPx} at (${leftPx}, ${topPx})`;
}

/** "CutMix λ 0.73" */
export function mixText(mix: BatchMix | null): string {
  if (mix === null) return 'not mixed';
  return `${mix.kind === 'mixup' ? 'mixup' : 'CutMix'} λ ${mix.lambda.toFixed(3)}`;
}

/** Everything drawn for a sample, in the order of the stages. */
export function drawText(parameters: SampleParameters, mix: BatchMix | null): string {
  return [
    `crop ${boxText(parameters.crop)}`,
    ...(parameters.flipHorizontally ? ['flipped'] : []),
    ...(parameters.operation === null ? [] : [operationText(parameters.operation)]),
    ...(parameters.erase === null ? [] : [`erased ${boxText(parameters.erase)}`]),
    ...(mix === null ? [] : [mixText(mix)]),
  ].join(', ');
}
