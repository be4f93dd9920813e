/**
 * The arguments of torchvision's train.py, and of the launchers in front of it, that are not recipe fields.
 *
 * Source: torchvision 0.14.1, references/classification/train.py, `get_args_parser`; torch 1.13.1,
 * torch.distributed.run. `--backend` and `--use-v2` are of later revisions of the script.
 */

/** Read, and then left out with a note: it says where and how to run, not what is computed. */
interface IgnoredFlag {
  outcome: 'ignored';
  takesValue: boolean;
  note: string;
}

/** It would change what is computed. */
interface RefusedFlag {
  outcome: 'refused';
  takesValue: boolean;
  remedy: string;
}

export type OtherFlag = IgnoredFlag | RefusedFlag;

const ignored = (note: string, takesValue = true): IgnoredFlag => ({ outcome: 'ignored', takesValue, note });
const refused = (remedy: string, takesValue = false): RefusedFlag => ({
  outcome: 'refused',
  takesValue,
  remedy,
});

const launcherNote = 'it concerns the launcher; ranks are emulated on this device';

export const otherFlags: Readonly<Record<string, OtherFlag>> = {
  '--data-path': ignored('the data set is chosen separately'),
  '--device': ignored('Tabtrain trains on WebGPU'),
  '--workers': ignored('Tabtrain decides how many threads decode images'),
  '--print-freq': ignored('every step is shown'),
  '--output-dir': ignored('runs are stored by Tabtrain, and weights are saved on request'),
  '--resume': ignored('a run is resumed from its own checkpoint'),
  '--start-epoch': ignored('a new run starts at epoch 0'),
  '--cache-dataset': ignored('imported images are always kept', false),
  '--world-size': ignored('torchrun overwrites it; the number of ranks is --nproc_per_node'),
  '--dist-url': ignored(launcherNote),
  '--ra-magnitude': ignored('only RandAugment uses it, not repeated augmentation or ta_wide'),
  '--augmix-severity': ignored('only AugMix uses it'),
  '--transformer-embedding-decay': ignored('a ResNet has no such parameters'),

  '--standalone': ignored(launcherNote, false),
  '--use-env': ignored(launcherNote, false),
  '--node-rank': ignored(launcherNote),
  '--master-addr': ignored(launcherNote),
  '--master-port': ignored(launcherNote),
  '--max-restarts': ignored(launcherNote),
  '--rdzv-backend': ignored(launcherNote),
  '--rdzv-endpoint': ignored(launcherNote),
  '--rdzv-id': ignored(launcherNote),
  '--log-dir': ignored(launcherNote),

  '--bias-weight-decay': refused(
    'Only batch norm can have a weight decay of its own: leave it out, or use --norm-weight-decay.',
    true,
  ),
  '--sync-bn': refused('Each rank normalises by itself, as in torchvision’s recipes: leave it out.'),
  '--amp': refused('Training is in 32-bit floats, as in torchvision’s recipes: leave it out.'),
  '--use-deterministic-algorithms': refused('There is no switch for it here: leave it out.'),
  '--weights': refused('To start from trained weights, give their file when starting a run.', true),
  '--pretrained': refused('To start from trained weights, give their file when starting a run.'),
  '--test-only': refused('A command line is read as a training recipe: leave it out.'),
  '--backend': refused('Images are resized and augmented as Pillow does it: leave it out.', true),
  '--use-v2': refused('The transforms are those of torchvision 0.14.1: leave it out.'),
};

/** Short and long forms that mean another flag. */
export const flagAliases: Readonly<Record<string, string>> = {
  '-b': '--batch-size',
  '-j': '--workers',
  '--wd': '--weight-decay',
};
