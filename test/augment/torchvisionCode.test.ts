import { describe, expect, it } from 'vitest';
import { pipelineCode, sampleCode } from '../../src/augment/torchvisionCode.ts';
import { operationOfBin } from '../../src/augment/trivialAugment.ts';
import type { SampleParameters } from '../../src/augment/parameters.ts';
import { presets } from '../../src/recipe/presets.ts';

const parameters: SampleParameters = {
  crop: { leftPx: 7, topPx: 5, widthPx: 60, heightPx: 50 },
  resize: { widthPx: 32, heightPx: 32 },
  window: { leftPx: 0, topPx: 0, widthPx: 32, heightPx: 32 },
  flipHorizontally: true,
  operation: operationOfBin('ShearX', 1, true),
  erase: { leftPx: 1, topPx: 2, widthPx: 3, heightPx: 4 },
};

describe('sampleCode', () => {
  it('calls what was drawn, in torchvision’s order of arguments', () => {
    const code = sampleCode(
      { fileName: 'a "b".png', shrunkTo: { widthPx: 90, heightPx: 70 }, parameters },
      null,
    );
    expect(code.split('\n').slice(6)).toEqual([
      'img = Image.open("a \\"b\\".png").convert("RGB")',
      'img = img.resize((90, 70), Image.BILINEAR)',
      'img = F.resized_crop(img, 5, 7, 50, 60, [32, 32], BILINEAR)',
      'img = F.hflip(img)',
      'img = autoaugment._apply_op(img, "ShearX", -0.032999999821186066, BILINEAR, None)',
      'x = F.convert_image_dtype(F.pil_to_tensor(img), torch.float)',
      'x = F.normalize(x, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))',
      'x = F.erase(x, 2, 1, 4, 3, torch.tensor(0.0))',
      '',
    ]);
  });

  it('mixes with the partner', () => {
    const plain = { ...parameters, flipHorizontally: false, operation: null, erase: null };
    const own = { fileName: 'a.png', shrunkTo: null, parameters };
    const partner = { fileName: 'b.png', shrunkTo: null, parameters: plain };
    const cutmix = sampleCode(own, {
      partner,
      mix: {
        kind: 'cutmix',
        drawnLambda: 0.9,
        box: { leftPx: 4, topPx: 8, widthPx: 16, heightPx: 2 },
        lambda: 0.96875,
      },
    });
    expect(cutmix).toContain('partner = F.normalize(partner');
    expect(cutmix).toContain('x[:, 8:10, 4:20] = partner[:, 8:10, 4:20]\nlam = 0.96875');
    const mixup = sampleCode(own, { partner, mix: { kind: 'mixup', lambda: 0.25 } });
    expect(mixup).toContain('lam = 0.25\nx = x.mul(lam).add(partner.mul(1.0 - lam))');
  });
});

describe('pipelineCode', () => {
  it('is the reference recipe’s transforms', () => {
    const code = pipelineCode(presets.reference.recipe);
    for (const line of [
      '    transforms.RandomResizedCrop(176, scale=(0.08, 1.0), interpolation=BILINEAR),',
      '    transforms.RandomHorizontalFlip(0.5),',
      '    transforms.TrivialAugmentWide(interpolation=BILINEAR),',
      '    transforms.RandomErasing(p=0.1),',
      '    transforms.Resize(232, interpolation=BILINEAR),',
      '    transforms.CenterCrop(224),',
      '# mix = transforms.RandomChoice([RandomMixup(num_classes, p=1.0, alpha=0.2), RandomCutmix(num_classes, p=1.0, alpha=1.0)])',
    ]) {
      expect(code.split('\n')).toContain(line);
    }
  });

  it('leaves out what the recipe does not do', () => {
    const code = pipelineCode({ ...presets.baseline.recipe, hflipProb: 0 });
    expect(code).not.toMatch(/Flip|Trivial|Erasing|mix/);
  });
});
