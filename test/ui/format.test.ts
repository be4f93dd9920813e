import { describe, expect, it } from 'vitest';
import * as format from '../../src/format.ts';

describe('figures as people read them', () => {
  it('shortens durations', () => {
    expect([0.2, 45, 99, 100, 3599, 7800, 7200, 200_000].map(format.formatDuration)).toEqual([
      'under 1 s',
      '45 s',
      '99 s',
      '2 min',
      '1 h',
      '2 h 10 min',
      '2 h',
      '2 days 7 h',
    ]);
    expect(format.formatDuration(NaN)).toBe('–');
    expect(format.formatDuration(-1)).toBe('–');
  });

  it('names a loss that is no number', () => {
    expect(format.formatLoss(2.34567)).toBe('2.346');
    expect(format.formatLoss(12345.6)).toBe('1.23e+4');
    expect(format.formatLoss(NaN)).toBe('not a number');
    expect(format.formatLoss(Infinity)).toBe('infinite');
  });

  it('writes bytes, rates and counts', () => {
    expect([12, 1500, 6_212_000, 598_000_000, 2 ** 31, 999_600].map(format.formatBytes)).toEqual([
      '12 bytes',
      '1.5 kB',
      '6.2 MB',
      '598 MB',
      '2.1 GB',
      '1 MB',
    ]);
    expect(format.formatLearningRate(0.02034)).toBe('0.0203');
    expect(format.formatLearningRate(3.4e-6)).toBe('3.40e-6');
    expect(format.formatRate(3.21)).toBe('3.2');
    expect(format.formatClock(3675)).toBe('1:01:15');
    expect(format.counted(1, 'class', 'classes')).toBe('1 class');
    expect(format.counted(2300, 'file')).toBe('2,300 files');
  });

  it('makes a safe file name for weights', () => {
    expect(format.weightsFileName('resnet18', 'Emoji in five styles', 'ema')).toBe(
      'resnet18-emoji-in-five-styles-ema.safetensors',
    );
    expect(format.weightsFileName('resnet50', '../Bäume & Co.', 'raw')).toBe(
      'resnet50-baume-co-raw.safetensors',
    );
    expect(format.weightsFileName('resnet50', '写真', 'raw')).toBe('resnet50-data-raw.safetensors');
  });
});
