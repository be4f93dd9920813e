import { describe, expect, it } from 'vitest';
import { compareAddress, parseRoute } from '../../src/ui/state/route.ts';

describe('parseRoute', () => {
  it('reads the views and their addresses', () => {
    expect(parseRoute('')).toEqual({ view: 'train', recipeLink: null });
    expect(parseRoute('#/train')).toEqual({ view: 'train', recipeLink: null });
    expect(parseRoute('#/runs')).toEqual({ view: 'runs', runId: null });
    expect(parseRoute('#/runs/a%2Fb')).toEqual({ view: 'runs', runId: 'a/b' });
    expect(parseRoute('#/runs/100%')).toEqual({ view: 'runs', runId: '100%' });
    expect(parseRoute('#/augment')).toEqual({ view: 'augment', query: '' });
    expect(parseRoute('#/augment?data=a%2Fb&seed=3')).toEqual({
      view: 'augment',
      query: 'data=a%2Fb&seed=3',
    });
    expect(parseRoute('#/device')).toEqual({ view: 'device' });
    expect(parseRoute('#/ladder')).toEqual({ view: 'ladder' });
    expect(parseRoute('#/nonsense')).toEqual({ view: 'train', recipeLink: null });
  });

  it('reads the two runs to compare, and no fewer', () => {
    expect(parseRoute(compareAddress('a/1', 'b'))).toEqual({ view: 'compare', runIds: ['a/1', 'b'] });
    expect(parseRoute('#/compare/a')).toEqual({ view: 'train', recipeLink: null });
  });

  it('hands on the recipe of a link', () => {
    const recipeLink = 'preset=reference&epochs=3';
    expect(parseRoute(`#/train?${recipeLink}`)).toEqual({ view: 'train', recipeLink });
  });
});
