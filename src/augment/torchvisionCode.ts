/**
 * What Tabtrain does, as Python for torchvision 0.14.1 and Pillow: to paste, run and compare.
 *
 * Run once on 40 draws of two photographs (2026-11): every float32 equal to the CPU reference's.
 */
import type { Recipe } from '../recipe/recipe.ts';
import type { DrawSettings } from './drawCounts.ts';
import { imageNetMean, imageNetStandardDeviation } from './normalise.ts';
import type { BatchMix, SampleParameters } from './parameters.ts';
import type { PixelOperation } from './trivialAugment.ts';

type PipelineSettings = DrawSettings & Pick<Recipe, 'valResizeSize' | 'valCropSize'>;

const mean = `(${imageNetMean.join(', ')})`;
const deviation = `(${imageNetStandardDeviation.join(', ')})`;

/** The recipe's transforms, training and validation; draws are torch's own there. */
export function pipelineCode(settings: PipelineSettings): string {
  const train = [
    `transforms.RandomResizedCrop(${settings.trainCropSize}, scale=(${python(settings.trainScaleMin)}, 1.0), interpolation=BILINEAR)`,
    ...(settings.hflipProb > 0 ? [`transforms.RandomHorizontalFlip(${python(settings.hflipProb)})`] : []),
    ...(settings.autoAugment === null ? [] : ['transforms.TrivialAugmentWide(interpolation=BILINEAR)']),
    ...toTensor,
    ...(settings.randomErase > 0 ? [`transforms.RandomErasing(p=${python(settings.randomErase)})`] : []),
  ];
  const validation = [
    `transforms.Resize(${settings.valResizeSize}, interpolation=BILINEAR)`,
    `transforms.CenterCrop(${settings.valCropSize})`,
    ...toTensor,
  ];
  return [
    'import torch',
    'from torchvision import transforms',
    'from torchvision.transforms import InterpolationMode',
    '',
    'BILINEAR = InterpolationMode.BILINEAR',
    `train = ${compose(train)}`,
    `validation = ${compose(validation)}`,
    ...mixingCode(settings),
    '',
  ].join('\n');
}

const toTensor = [
  'transforms.PILToTensor()',
  'transforms.ConvertImageDtype(torch.float)',
  `transforms.Normalize(mean=${mean}, std=${deviation})`,
];

function compose(steps: readonly string[]): string {
  return `transforms.Compose([\n${steps.map((step) => `    ${step},\n`).join('')}])`;
}

/** Mixing is not in the package: the reference scripts have it, for whole batches. */
function mixingCode({ mixupAlpha, cutmixAlpha }: PipelineSettings): string[] {
  const kinds = [
    ...(mixupAlpha > 0 ? [`RandomMixup(num_classes, p=1.0, alpha=${python(mixupAlpha)})`] : []),
    ...(cutmixAlpha > 0 ? [`RandomCutmix(num_classes, p=1.0, alpha=${python(cutmixAlpha)})`] : []),
  ];
  if (kinds.length === 0) return [];
  return [
    '',
    '# With references/classification/transforms.py of torchvision, on each batch:',
    kinds.length === 1
      ? `# mix = ${kinds.join('')}`
      : `# mix = transforms.RandomChoice([${kinds.join(', ')}])`,
    '# collate_fn = lambda batch: mix(*default_collate(batch))',
  ];
}

/** A sample as it was drawn, and what it was mixed with. */
export interface DrawnSample {
  /** Python's name of the image file. */
  fileName: string;
  /** The image was made smaller, to this size, before anything was drawn; null: it was not. */
  shrunkTo: { widthPx: number; heightPx: number } | null;
  parameters: SampleParameters;
}

/**
 * The calls that give exactly this sample: the tensor `x`, float32 [3, height, width].
 * @param mixed what it is mixed with and how; null: it is not
 */
export function sampleCode(
  sample: DrawnSample,
  mixed: { partner: DrawnSample; mix: BatchMix } | null,
): string {
  const lines = [
    'import torch',
    'from PIL import Image',
    'from torchvision.transforms import InterpolationMode, autoaugment, functional as F',
    '',
    'BILINEAR = InterpolationMode.BILINEAR',
    '',
    ...augmentedCode('x', sample),
  ];
  if (mixed !== null) {
    lines.push('', ...augmentedCode('partner', mixed.partner), '', ...mixCode(mixed.mix));
  }
  return `${lines.join('\n')}\n`;
}

function augmentedCode(name: string, { fileName, shrunkTo, parameters }: DrawnSample): string[] {
  const { crop, resize, operation, erase } = parameters;
  const box = `${crop.topPx}, ${crop.leftPx}, ${crop.heightPx}, ${crop.widthPx}`;
  const lines = [`img = Image.open(${JSON.stringify(fileName)}).convert("RGB")`];
  if (shrunkTo !== null) {
    lines.push(`img = img.resize((${shrunkTo.widthPx}, ${shrunkTo.heightPx}), Image.BILINEAR)`);
  }
  lines.push(`img = F.resized_crop(img, ${box}, [${resize.heightPx}, ${resize.widthPx}], BILINEAR)`);
  if (parameters.flipHorizontally) lines.push('img = F.hflip(img)');
  if (operation !== null) lines.push(operationCode(operation));
  lines.push(
    `${name} = F.convert_image_dtype(F.pil_to_tensor(img), torch.float)`,
    `${name} = F.normalize(${name}, mean=${mean}, std=${deviation})`,
  );
  if (erase !== null) {
    const { topPx, leftPx, heightPx, widthPx } = erase;
    lines.push(`${name} = F.erase(${name}, ${topPx}, ${leftPx}, ${heightPx}, ${widthPx}, torch.tensor(0.0))`);
  }
  return lines;
}

/** One operation on the PIL image `img`. */
export function operationCode({ name, magnitude }: PixelOperation): string {
  return `img = autoaugment._apply_op(img, "${name}", ${python(magnitude)}, BILINEAR, None)`;
}

function mixCode(mix: BatchMix): string[] {
  if (mix.kind === 'mixup') {
    return [
      `lam = ${python(mix.lambda)}`,
      'x = x.mul(lam).add(partner.mul(1.0 - lam))  # targets: the same shares',
    ];
  }
  const { leftPx, topPx, widthPx, heightPx } = mix.box;
  const rows = `${topPx}:${topPx + heightPx}`;
  const columns = `${leftPx}:${leftPx + widthPx}`;
  return [
    `x[:, ${rows}, ${columns}] = partner[:, ${rows}, ${columns}]`,
    `lam = ${python(mix.lambda)}  # share of its own pixels: what the targets are mixed with`,
  ];
}

/** A float in Python's own digits: whole ones get a fraction, so that no call takes them as integers. */
function python(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
