/** Loss and accuracy from logits: as torch has them, and never right where a logit is no number. */
import { describe, expect, it } from 'vitest';
import { addBatch, emptySums } from '../../src/train/metrics.ts';

const counted = (rows: number[][], labels: number[]) => {
  const { top1, top5 } = addBatch(emptySums, Float32Array.from(rows.flat()), labels, 0);
  return [top1, top5];
};

describe('top-1 and top-5', () => {
  it('follow torch’s topk: of equal logits the first', () => {
    expect(counted([[1, 1, 0]], [0])).toEqual([1, 1]);
    expect(counted([[1, 1, 0]], [1])).toEqual([0, 1]);
    expect(counted([[6, 5, 4, 3, 2, 1]], [5])).toEqual([0, 0]);
  });

  it('never count an image as right whose own logit is no number', () => {
    expect(counted([[NaN, NaN, NaN]], [1])).toEqual([0, 0]);
    expect(counted([[0, NaN, 0]], [1])).toEqual([0, 0]);
  });

  it('put what is no number first, as torch’s topk does', () => {
    expect(counted([[NaN, 1, 0]], [1])).toEqual([0, 1]);
    expect(counted([[NaN, NaN, NaN, NaN, NaN, 1]], [5])).toEqual([0, 0]);
  });

  it('count infinity like any other number', () => {
    expect(counted([[0, Infinity, -Infinity]], [1])).toEqual([1, 1]);
    expect(counted([[0, -Infinity, 1]], [1])).toEqual([0, 1]);
  });
});

it('has no loss where a logit is no number or infinite, as torch', () => {
  const loss = (row: number[]) => addBatch(emptySums, Float32Array.from(row), [0], 0.1).loss;
  expect(loss([NaN, 1])).toBeNaN();
  expect(loss([1, NaN])).toBeNaN();
  expect(loss([Infinity, 1])).toBeNaN();
});
