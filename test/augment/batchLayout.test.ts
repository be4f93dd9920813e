/** How a batch is divided and laid out. */
import { describe, expect, it } from 'vitest';
import { TableCache, planGroups, type BatchGroup, type OutputPlan } from '../../src/augment/batchLayout.ts';
import { validationParameters } from '../../src/augment/draw.ts';
import { patternImage } from './patterns.ts';

const unlimited = { groupBytes: 2 ** 27, bindingBytes: 2 ** 27 };

function output(sizePx: number, kind: OutputPlan['kind'], outputs: number): OutputPlan {
  return { kind, size: { widthPx: sizePx, heightPx: sizePx }, outputs, mixed: false };
}

function plan(count: number, sizePx: number, limits = unlimited): BatchGroup[] {
  const image = patternImage('noise', sizePx, sizePx, 1);
  const sample = validationParameters({ valResizeSize: 40, valCropSize: 37 }, sizePx, sizePx);
  const images = Array.from({ length: count }, () => image);
  const parameters = images.map(() => sample);
  return planGroups(images, parameters, output(37, 'normalised', count), limits, new TableCache());
}

describe('planGroups', () => {
  it('does a batch that fits in one group, and stores equal tables once', () => {
    const [group, ...others] = plan(100, 50);
    expect(others).toEqual([]);
    expect(group?.imageCount).toBe(100);
    expect(group?.outputBytes).toBe(100 * 37 * 37 * 12);
    // A square image in the middle of a square: columns and rows are the same table.
    expect(group?.tables.length).toBe(1);
    expect(group?.tableInts).toBe(group?.tables[0]?.entries.length);
  });

  it('keeps every buffer of a group within the bound, and covers the output without gaps', () => {
    const groupBytes = 50_000;
    const groups = plan(20, 60, { ...unlimited, groupBytes });
    expect(groups.length).toBeGreaterThan(5);
    let images = 0;
    for (const group of groups) {
      const endBytes = (images + group.imageCount) * 37 * 37 * 12;
      for (const bytes of [group.sourceBytes, group.betweenBytes, group.outputBytes]) {
        expect(bytes).toBeLessThanOrEqual(groupBytes);
      }
      expect(group.outputOffsetBytes % 256).toBe(0);
      expect(group.outputOffsetBytes).toBeLessThanOrEqual(images * 37 * 37 * 12);
      expect(group.outputOffsetBytes + group.outputBytes).toBe(endBytes);
      images += group.imageCount;
    }
    expect(images).toBe(20);
  });

  it('uploads only the rows and columns that the window needs', () => {
    const image = patternImage('noise', 300, 10, 1);
    const sample = validationParameters({ valResizeSize: 10, valCropSize: 8 }, 300, 10);
    const [group] = planGroups([image], [sample], output(8, 'bytes', 1), unlimited, new TableCache());
    const region = group?.uploads[0]?.region;
    // At scale 1 the filter reaches one pixel further, with weight 0.
    expect(region).toEqual({ leftPx: 146, topPx: 1, widthPx: 9, heightPx: 9 });
  });

  it('refuses an image that no binding holds, naming it and what to do', () => {
    expect(() => plan(1, 600, { groupBytes: 1000, bindingBytes: 1_000_000 })).toThrow(
      /Image 0 of the batch \(600×600 px\) is too large .* smaller longest edge/,
    );
  });
});
