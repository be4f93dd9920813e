/** The value to show for a row of a sparse column: its own, else that of the nearest row which has one. */

/** `index` null means the latest. Null when the column is empty. */
export function nearestValue(
  column: ArrayLike<number | null | undefined>,
  index: number | null,
): number | null {
  const start = index ?? column.length - 1;
  for (let distance = 0; distance < column.length; distance += 1) {
    const before = column[start - distance];
    if (typeof before === 'number') return before;
    const after = column[start + distance];
    if (index !== null && typeof after === 'number') return after;
  }
  return null;
}
