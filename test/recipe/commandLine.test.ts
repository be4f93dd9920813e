import { describe, expect, test } from 'vitest';
import { parseCommandLine, printCommandLine } from '../../src/recipe/commandLine.ts';
import { tabtrainOnlyFields } from '../../src/recipe/fields.ts';
import { presets, trainScriptDefaults } from '../../src/recipe/presets.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { randomRecipe } from './randomRecipe.ts';

/** As published with the weights (references/classification/README.md; the blog post writes it alike). */
const referenceCommand = String.raw`
torchrun --nproc_per_node=8 train.py --model resnet50 --batch-size 128 --lr 0.5 \
--lr-scheduler cosineannealinglr --lr-warmup-epochs 5 --lr-warmup-method linear \
--auto-augment ta_wide --epochs 600 --random-erase 0.1 --weight-decay 0.00002 \
--norm-weight-decay 0.0 --label-smoothing 0.1 --mixup-alpha 0.2 --cutmix-alpha 1.0 \
--train-crop-size 176 --model-ema --val-resize-size 232 --ra-sampler --ra-reps 4
`;

function parsed(text: string): { recipe: Recipe; notes: string[] } {
  const result = parseCommandLine(text);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result;
}

function messages(text: string): string[] {
  const result = parseCommandLine(text);
  return result.ok ? [] : result.problems.map(({ message }) => message);
}

describe('the published command lines', () => {
  test('V2 is the reference preset', () => {
    expect(parsed(referenceCommand)).toMatchObject({ recipe: presets.reference.recipe, notes: [] });
  });

  test('V1 is the baseline preset', () => {
    const { recipe } = parsed('torchrun --nproc_per_node=8 train.py --model resnet50');
    expect(recipe).toEqual(presets.baseline.recipe);
    expect(printCommandLine(recipe)).toEqual({
      command: 'torchrun --nproc_per_node=8 train.py --model resnet50',
      notes: [],
    });
  });

  test('the reference prints in lines of at most 100 characters', () => {
    const { command } = printCommandLine(presets.reference.recipe);
    expect(command.split('\n')).toEqual([
      'torchrun --nproc_per_node=8 train.py --model resnet50 --epochs 600 --batch-size 128 --lr 0.5 \\',
      '    --weight-decay 0.00002 --norm-weight-decay 0 --lr-scheduler cosineannealinglr \\',
      '    --lr-warmup-epochs 5 --lr-warmup-method linear --label-smoothing 0.1 --mixup-alpha 0.2 \\',
      '    --cutmix-alpha 1 --auto-augment ta_wide --random-erase 0.1 --ra-sampler --ra-reps 4 \\',
      '    --model-ema --train-crop-size 176 --val-resize-size 232',
    ]);
    expect(parsed(command).recipe).toEqual(presets.reference.recipe);
  });

  test('no arguments are train.py’s defaults', () => {
    expect(parsed('torchrun train.py').recipe).toEqual(trainScriptDefaults);
  });
});

describe('round trip', () => {
  test('what is printed parses to the same recipe, but for the fields that the command does not have', () => {
    for (let index = 0; index < 300; index++) {
      const recipe = randomRecipe(index);
      const { command, notes } = printCommandLine(recipe);
      const expected: Record<string, unknown> = { ...recipe };
      for (const name of tabtrainOnlyFields) expected[name] = trainScriptDefaults[name];
      const back = parseCommandLine(command);
      expect(back).toEqual({ ok: true, recipe: expected, notes: [] });
      const differing = tabtrainOnlyFields.filter((name) => recipe[name] !== trainScriptDefaults[name]);
      expect(notes.map((note) => note.split(' ')[0])).toEqual(differing);
      expect(Math.max(...command.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });
});

describe('ways to write it', () => {
  test.each([
    ['equals signs', 'torchrun --nproc_per_node=2 train.py --epochs=7 --lr=0.2'],
    ['underscores and dashes', 'torchrun --nproc-per-node 2 train.py --epochs 7 --lr 0.2'],
    [
      'the old launcher',
      'python -m torch.distributed.launch --nproc_per_node=2 --use_env train.py --epochs 7 --lr .2',
    ],
    [
      'the newer module',
      'python3.11 -u -m torch.distributed.run --nproc_per_node=2 train.py --epochs 7 --lr 2e-1',
    ],
    ['quotes', `torchrun '--nproc_per_node=2' "train.py" --epochs "7" --lr='0.2'`],
    [
      'Windows line ends and a blank after the backslash',
      'torchrun --nproc_per_node=2 \\ \r\n train.py \\\r\n --epochs 7 --lr 0.2',
    ],
    [
      'a prompt, a path and several nodes',
      '$ /opt/bin/torchrun --nnodes=2 --nproc_per_node=1 a/b/train.py --epochs 7 --lr 0.2',
    ],
    ['bare flags', '--nproc_per_node 2 --epochs 7 --lr 0.2'],
    ['the last of a repeated flag', 'torchrun --nproc_per_node=2 train.py --epochs 3 --lr 0.2 --epochs 7'],
  ])('%s', (_, command) => {
    expect(parsed(command).recipe).toEqual({ ...trainScriptDefaults, worldSize: 2, epochs: 7, lr: 0.2 });
  });

  test('short forms, and values that train.py reads without regard to case', () => {
    const { recipe } = parsed(
      'python train.py -b 64 -j 4 --wd 5e-4 --opt SGD_Nesterov --lr-scheduler CosineAnnealingLR',
    );
    expect(recipe).toMatchObject({
      worldSize: 1,
      batchSize: 64,
      weightDecay: 5e-4,
      opt: 'sgd_nesterov',
      lrScheduler: 'cosineannealinglr',
    });
  });

  test('arguments about where to run are left out with a note each', () => {
    const { notes } = parsed(
      'CUDA_VISIBLE_DEVICES=0,1 torchrun --standalone --nproc_per_node=2 train.py --data-path /d -j 8 ' +
        '--output-dir out --print-freq 100 --device cuda --resume c.pth --start-epoch 3 --cache-dataset ' +
        '--dist-url env:// --world-size 2 --transformer-embedding-decay 0.1',
    );
    expect(notes.map((note) => note.split(' is ignored')[0])).toEqual([
      'CUDA_VISIBLE_DEVICES=0,1',
      '--standalone',
      '--data-path',
      '-j',
      '--output-dir',
      '--print-freq',
      '--device',
      '--resume',
      '--start-epoch',
      '--cache-dataset',
      '--dist-url',
      '--world-size',
      '--transformer-embedding-decay',
    ]);
  });

  test('without torchrun the repeated-augmentation sampler is not used, as in train.py', () => {
    const { recipe, notes } = parsed('python train.py --ra-sampler --ra-reps 4');
    expect(recipe.raSampler).toBe(false);
    expect(notes).toEqual([
      '--ra-sampler is ignored, as train.py ignores it when torchrun does not start it.',
    ]);
  });
});

describe('what cannot be read is named', () => {
  test.each([
    ['train.py --epocs 3', ['--epocs is not an argument of train.py or torchrun. Did you mean --epochs?']],
    [
      'train.py --quux 3 --zork',
      [
        '--quux is not an argument of train.py or torchrun.',
        '--zork is not an argument of train.py or torchrun.',
      ],
    ],
    [
      'train.py --amp',
      ['--amp is not supported. Training is in 32-bit floats, as in torchvision’s recipes: leave it out.'],
    ],
    ['train.py --epochs', ['--epochs has no value. Write it after the flag.']],
    ['train.py --epochs --lr 0.1', ['--epochs has no value. Write it after the flag.']],
    ['train.py --epochs ten', ['--epochs: epochs is "ten", but must be a whole number from 1 to 10000.']],
    ['train.py --epochs -1', ['--epochs: epochs is -1, but must be a whole number from 1 to 10000.']],
    ['train.py --lr 0x10', ['--lr: lr is "0x10", but must be a number greater than 0 and at most 100.']],
    ['train.py --model-ema=true', ['--model-ema takes no value, but has "true". Leave the value out.']],
    ['train.py --opt rmsprop', ['--opt: opt is "rmsprop", but must be one of sgd, sgd_nesterov.']],
    [
      'train.py --auto-augment imagenet',
      ['--auto-augment: autoAugment is "imagenet", but must be "ta_wide", or null (none).'],
    ],
    [
      'torchrun --nproc_per_node=gpu train.py',
      ['--nproc_per_node: worldSize is "gpu", but must be a whole number from 1 to 1024.'],
    ],
    ['torchrun --nnodes=1:4 train.py', ['--nnodes is "1:4", but must be a whole number from 1.']],
    ['torchrun train.py --lr "0.1', ['The command line has a " that is not closed. Close it.']],
  ])('%s', (command, expected) => {
    expect(messages(command)).toEqual(expected);
  });

  test('a refused flag’s value is not taken for something else, and everything is reported at once', () => {
    expect(messages('train.py --weights DEFAULT --sync-bn --epochs 0 --lr-warmup 5')).toEqual([
      expect.stringMatching(/^--weights is not supported\. .*give their file/),
      expect.stringMatching(/^--sync-bn is not supported/),
      expect.stringMatching(/^--lr-warmup is not an argument/),
      expect.stringMatching(/^--epochs: epochs is 0/),
    ]);
  });

  test('another program, and nothing', () => {
    expect(messages('accelerate launch train.py')[0]).toMatch(/^"accelerate" is not expected here/);
    expect(messages('  \n ')[0]).toMatch(/^The command line is empty/);
  });
});
