import { expect, test } from 'vitest';
import { presets } from '../../src/recipe/presets.ts';
import { type ParameterKind, weightDecayFor, weightDecayGroups } from '../../src/recipe/weightDecay.ts';

const { baseline, reference } = { baseline: presets.baseline.recipe, reference: presets.reference.recipe };
const parameters: { name: string; kind: ParameterKind }[] = [
  { name: 'conv1.weight', kind: 'other' },
  { name: 'bn1.weight', kind: 'norm' },
  { name: 'bn1.bias', kind: 'norm' },
  { name: 'fc.weight', kind: 'other' },
  { name: 'fc.bias', kind: 'other' },
];

test('batch norm has its own decay, also when it is 0, and otherwise the common one', () => {
  expect(weightDecayFor(reference, 'other')).toBe(2e-5);
  expect(weightDecayFor(reference, 'norm')).toBe(0);
  expect(weightDecayFor(baseline, 'norm')).toBe(1e-4);
});

test('groups in torch’s order: other before norm, the model’s order inside', () => {
  const groups = weightDecayGroups(reference, parameters);
  expect(groups.map((group) => group.weightDecay)).toEqual([2e-5, 0]);
  expect(groups.map((group) => group.parameters.map(({ name }) => name))).toEqual([
    ['conv1.weight', 'fc.weight', 'fc.bias'],
    ['bn1.weight', 'bn1.bias'],
  ]);
});

test('one group where batch norm has no decay of its own, and no empty groups', () => {
  expect(weightDecayGroups(baseline, parameters)).toEqual([{ weightDecay: 1e-4, parameters }]);
  const norms = parameters.filter(({ kind }) => kind === 'norm');
  expect(weightDecayGroups(reference, norms)).toHaveLength(1);
});
