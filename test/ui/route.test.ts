import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../src/ui/state/route.ts';

describe('parseRoute', () => {
  it('reads the views and their addresses', () => {
    expect(parseRoute('')).toEqual({ view: 'train' });
    expect(parseRoute('#/train')).toEqual({ view: 'train' });
    expect(parseRoute('#/runs')).toEqual({ view: 'runs', runId: null });
    expect(parseRoute('#/runs/a%2Fb')).toEqual({ view: 'runs', runId: 'a/b' });
    expect(parseRoute('#/augment')).toEqual({ view: 'augment', query: '' });
    expect(parseRoute('#/augment?data=a%2Fb&seed=3')).toEqual({
      view: 'augment',
      query: 'data=a%2Fb&seed=3',
    });
    expect(parseRoute('#/device')).toEqual({ view: 'device' });
    expect(parseRoute('#/nonsense')).toEqual({ view: 'train' });
  });
});
