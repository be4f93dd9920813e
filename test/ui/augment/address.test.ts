import { describe, expect, it } from 'vitest';
import {
  defaultAddress,
  formatAddress,
  lookSettingsOf,
  parseAddress,
  type InspectAddress,
} from '../../../src/ui/augment/address.ts';
import { presets } from '../../../src/recipe/presets.ts';

const elsewhere: InspectAddress = {
  tab: 'operations',
  subject: { kind: 'sample', datasetId: 'my set & more', split: 'validation', index: 17 },
  settings: lookSettingsOf(presets['quick-start'].recipe),
  seed: 4_294_967_295,
  seedLocked: true,
  count: 48,
  selected: 47,
  operation: 'Posterize',
  bin: 30,
  negative: true,
  runId: 'run/1',
  step: 123,
  rank: 7,
};

describe('the inspector’s address', () => {
  it('comes back as it was written, whatever differs from the default', () => {
    expect(parseAddress(formatAddress(elsewhere))).toEqual({ address: elsewhere, problems: [] });
    for (const name of Object.keys(elsewhere) as (keyof InspectAddress)[]) {
      if (name === 'selected') continue;
      const address = { ...defaultAddress, [name]: elsewhere[name] };
      expect(parseAddress(formatAddress(address)), name).toEqual({ address, problems: [] });
    }
  });

  it('tells an own file by its fingerprint', () => {
    const address: InspectAddress = {
      ...defaultAddress,
      subject: { kind: 'file', fingerprint: '0badcafe-12345' },
    };
    expect(formatAddress(address)).toBe('file=0badcafe-12345&seed=0');
    expect(parseAddress('file=0badcafe-12345&seed=0').address).toEqual(address);
  });

  it('is short where the reference recipe is looked at, which is torchvision’s', () => {
    expect(formatAddress(defaultAddress)).toBe('photo=airplane-from-above&seed=0');
    expect(defaultAddress.settings).toEqual(lookSettingsOf(presets.reference.recipe));
    expect(parseAddress('')).toEqual({ address: defaultAddress, problems: [] });
  });

  it('switches an augmentation off by null', () => {
    expect(parseAddress('autoAugment=null').address.settings.autoAugment).toBeNull();
  });

  it('tells what is wrong and shows the default instead', () => {
    const { address, problems } = parseAddress(
      'tab=nonsense&seed=-1&bin=31&op=Blur&n=0&photo=cat&randomErase=2&draw=12',
    );
    expect(address).toEqual(defaultAddress);
    expect(problems).toHaveLength(8);
    expect(problems.join(' ')).toMatch(/bin is “31”, but must be a whole number from 0 to 30/);
    expect(problems.join(' ')).toMatch(/randomErase is 2, but must be/);
    expect(parseAddress('file=').problems).toHaveLength(1);
  });
});
