/**
 * Numbers as people read them. The page shows many figures that change several times a second, so every
 * function returns a string of nearly constant width (the styles add tabular figures).
 */

const integerFormat = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** 3450 → "3,450". */
export function formatCount(value: number): string {
  return integerFormat.format(value);
}

/** A share in [0, 1] as per cent with one decimal: 0.6234 → "62.3 %". */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A difference in points, with a real minus so that figures stand in line: "+0.36", "−1.20", "0.00". */
export function formatPoints(points: number, digits = 2): string {
  const text = Math.abs(points).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${points > 0 ? '+' : '−'}${text}`;
}

/** A loss: three decimals below 100, otherwise three significant digits; "∞" and "not a number" are words. */
export function formatLoss(loss: number): string {
  if (Number.isNaN(loss)) return 'not a number';
  if (!Number.isFinite(loss)) return 'infinite';
  return Math.abs(loss) < 100 ? loss.toFixed(3) : loss.toPrecision(3);
}

/** A learning rate with three significant digits: 0.0203 → "0.0203", 0.0000034 → "3.40e-6". */
export function formatLearningRate(rate: number): string {
  if (rate === 0) return '0';
  return rate >= 0.001 ? String(Number(rate.toPrecision(3))) : rate.toExponential(2);
}

/** Images per second: one decimal below 10, none above. */
export function formatRate(imagesPerSecond: number): string {
  return imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : formatCount(imagesPerSecond);
}

/** A duration in words: "45 s", "4 min", "2 h 10 min", "3 days 4 h". Negative and unknown become "–". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 1) return 'under 1 s';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} days` : `${days} days ${hours % 24} h`;
}

/** A clock for elapsed time: 75 → "1:15", 3675 → "1:01:15". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

/** Bytes in powers of 1000: 6_212_000 → "6.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.5 ? formatCount(value) : String(Number(value.toPrecision(2)));
  return `${text} ${units[unit] ?? ''}`;
}

/** A parameter count: 11_183_181 → "11.2 M". */
export function formatParameters(count: number): string {
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} k` : `${(count / 1e6).toFixed(1)} M`;
}

/** "5 min ago", from two unix times in ms. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - thenMs) / 1000);
  return seconds < 10 ? 'just now' : `${formatDuration(seconds)} ago`;
}

/** "1 image", "3 images": the plural adds an s unless given. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** resnet50 → "ResNet-50". */
export function modelTitle(model: string): string {
  return model.replace(/^resnet(\d+)$/, 'ResNet-$1');
}

/** `<model>-<dataset>-<weights>.safetensors` with the data set's name reduced to safe characters. */
export function weightsFileName(model: string, datasetName: string, weights: 'raw' | 'ema'): string {
  const slug = datasetName
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${model}-${slug === '' ? 'data' : slug}-${weights}.safetensors`;
}

/** The message of anything thrown, for showing as it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
